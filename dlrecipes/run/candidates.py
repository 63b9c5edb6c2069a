"""What may be averaged in an ensemble: the refits, and the trials whose networks were kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.data import Development
from dlrecipes.errors import BuilderError, RunError
from dlrecipes.export import build_calibrated_model, build_inference_model, predict_eagerly
from dlrecipes.results import Calibration, RunInfo, StudyResult, TrialRecord, plural
from dlrecipes.run.calibrate import calibrated, predicted_and_calibrated
from dlrecipes.run.dry_export import DryExport
from dlrecipes.run.keep_network import restore_kept
from dlrecipes.run.keep_trials import kept_trials
from dlrecipes.run.refits import Refits
from dlrecipes.rundir import RunDirectory
from dlrecipes.search import StudyContext, rank

FEWEST = 2
"""The fewest members that make an ensemble."""


@dataclass(frozen=True)
class Candidate:
    """A trained network that may be a member of the ensemble.

    Args:
        trial: The trial of the search; of a refit the winner.
        record: How the training ended.
        predictions: What its calibrated model predicts for the validation part.
        model: Makes that model, from preprocessed examples.
    """

    trial: TrialRecord
    record: TrialRecord
    predictions: NDArray[np.float32]
    model: Callable[[], keras.Model]

    @property
    def searched(self) -> bool:
        """Whether it is a trial of the search, which was chosen by its validation score."""
        return self.record is self.trial


def find_candidates(
    study: StudyResult,
    refits: Refits,
    info: RunInfo,
    data: Development,
    context: StudyContext,
    directory: RunDirectory,
    dry: DryExport,
) -> tuple[Candidate, ...]:
    """Return the refits and the trials that were kept, all trained already; none if none is asked.

    A trial whose weights are damaged, or of which the builder makes another network now, is left
    out with a note, and so are those that are left when the time is up.

    Args:
        study: The search.
        refits: The refits of its winner.
        info: What the run was started with.
        data: What they were trained on.
        context: The builder that they were trained with.
        directory: The run directory.
        dry: Tries whether a trial's network can be exported, once it is to be a member.
    """
    if info.settings.ensemble < FEWEST:
        return ()
    found = [
        Candidate(
            study.best,
            record,
            predictions,
            partial(_model, record, directory, context, data, info, result.calibration),
        )
        for record, result, predictions in zip(
            refits.scored(directory), refits.results, refits.predictions, strict=True
        )
    ]
    part = data.validation
    kept = kept_trials(directory, rank(study.trials, study.objective))
    for at, trial in enumerate(kept):
        if context.over:
            late = f"{len(kept) - at} of {plural(len(kept), 'kept trial')}"
            context.listener.on_note(f"The time was up before {late} could be tried as members.")
            break
        made = partial(_model, trial, directory, context, data, info)
        networks = directory.networks(trial.stage)
        try:
            own, calibration = (
                networks.kept_predictions(trial.number),
                networks.kept_calibration(trial.number),
            )
            if own is None:
                own, calibration = predicted_and_calibrated(
                    made(None),
                    trial,
                    directory,
                    (part.inputs, part.y),
                    info.spec,
                    predict_eagerly,
                )
        except (BuilderError, RunError) as error:
            leave_out(trial, error, context)
            continue
        exportable = partial(_exportable, trial, dry, partial(made, calibration))
        found.append(Candidate(trial, trial, calibrated(own, calibration), exportable))
    return tuple(found)


def _exportable(trial: TrialRecord, dry: DryExport, made: Callable[[], keras.Model]) -> keras.Model:
    error = dry.refuses(dict(trial.values))
    if error is not None:
        raise error
    return made()


def leave_out(trial: TrialRecord, error: Exception, context: StudyContext) -> None:
    """Say that a trial is no member of the ensemble, and why.

    Args:
        trial: The trial.
        error: What is wrong with its network.
        context: Its listener hears of it.
    """
    name = f"{trial.stage} trial {trial.number}"
    context.listener.on_note(f"{name} is no member of the ensemble: {error}")


def _model(
    record: TrialRecord,
    directory: RunDirectory,
    context: StudyContext,
    data: Development,
    info: RunInfo,
    calibration: Calibration | None,
) -> keras.Model:
    network = restore_kept(record, directory, context, data, info.policy)
    model = build_inference_model(network, None, info.spec, info.spec)
    return build_calibrated_model(model, 1.0 if calibration is None else calibration.temperature)
