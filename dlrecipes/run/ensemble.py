"""The ensemble of a run: refits and the best trials trained again, averaged in one model."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from statistics import fmean, stdev
from typing import Literal

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.data import Development, Splits
from dlrecipes.diagnose import average_predictions, measure_gain, select_members
from dlrecipes.export import build_average_model, build_calibrated_model, build_inference_model
from dlrecipes.results import (
    Calibration,
    DataSpec,
    EnsembleMember,
    EnsembleResult,
    Finding,
    Gain,
    RefitResult,
    RunInfo,
    RunResult,
    StudyResult,
    TestResult,
    ThresholdGoal,
    TrialRecord,
    plural,
    significant,
)
from dlrecipes.run.calibrate import (
    calibrate,
    calibrated,
    calibration_tested,
    predicted_and_calibrated,
)
from dlrecipes.run.dry_export import DryExport
from dlrecipes.run.keep_network import (
    keep_weights,
    restore_kept,
    save_as_trained,
    with_weights,
)
from dlrecipes.run.main_metric import MainMetric, main_metric
from dlrecipes.run.refits import Refits
from dlrecipes.run.score_test_set import keep_predictions
from dlrecipes.run.thresholds import score_validation, usable_goal
from dlrecipes.rundir import KERAS, RunDirectory, beside
from dlrecipes.search import Store, StudyContext, ensemble_stage, ensemble_trials, refit
from dlrecipes.targets import proper_losses
from dlrecipes.training.engines import Engine

_FEWEST = 2
"""The fewest members that make an ensemble."""


@dataclass(frozen=True)
class Member:
    """A trial of the study, trained again, that may be a member of the ensemble.

    Args:
        trial: The trial.
        record: How it ended when it was trained again.
        predictions: What its calibrated model predicts for the validation part.
        model: Makes that model, from preprocessed examples.
    """

    trial: TrialRecord
    record: TrialRecord
    predictions: NDArray[np.float32]
    model: Callable[[], keras.Model]


def train_members(
    study: StudyResult,
    info: RunInfo,
    data: Development,
    engine: Engine,
    store: Store,
    context: StudyContext,
    directory: RunDirectory,
    dry: DryExport,
) -> tuple[Member, ...]:
    """Train the study's best trials again, with seeds of their own and the refits' epochs.

    Those that end without a score are left out.

    A member's weights are written before its trial counts as finished, so a finished one always
    has its network, and a run that was cut off trains only the others.

    Args:
        study: The search.
        info: Its settings say how many members; 0 and 1 mean none.
        data: What they are trained on.
        engine: Trains.
        store: Where the study of the members lives.
        context: What all stages share; members have no deadline.
        directory: The run directory.
        dry: Tries which networks can be exported; the others are no members.

    Returns:
        Those that may be members; none where fewer than two trials have a score.

    Raises:
        ExportError: If a saved member answers otherwise than the trained one.
        BuilderError: If the builder builds another network for the same values.
        RunError: If an earlier version trained them.
    """
    asked = info.settings.ensemble
    if asked < _FEWEST:
        return ()

    def possible(trial: TrialRecord) -> bool:
        error = dry.refuses(dict(trial.values))
        if error is not None:
            name = f"{trial.stage} trial {trial.number}"
            context.listener.on_note(f"{name} is no member of the ensemble: {error}")
        return error is None

    trials = ensemble_trials(study, asked, possible)
    if len(trials) < _FEWEST:
        return ()
    stage = ensemble_stage(info.plan, trials, info.given)
    keep = keep_weights(directory, stage.name)
    records = refit(stage, trials, study.space, engine, store, context, keep)
    members = []
    for record in with_weights(records, directory):
        made = partial(_model, record, directory, context, data, info)
        networks = directory.networks(record.stage)
        own = networks.kept_predictions(record.number)
        calibration = networks.kept_calibration(record.number)
        if own is None:
            part = data.validation
            own, calibration = predicted_and_calibrated(
                made(None), record, directory, (part.inputs, part.y), info.spec
            )
        members.append(
            Member(
                trials[record.number],
                record,
                calibrated(own, calibration),
                partial(made, calibration),
            )
        )
    return tuple(members)


def refit_members(
    study: StudyResult,
    refits: Refits,
    info: RunInfo,
    data: Development,
    context: StudyContext,
    directory: RunDirectory,
) -> tuple[Member, ...]:
    """Return the refits, which are trained already, as what may be members of the ensemble.

    Args:
        study: The search, whose winner they are.
        refits: The refits.
        info: What the run was started with.
        data: What they were trained on.
        context: The builder that they were trained with.
        directory: The run directory.
    """
    return tuple(
        Member(
            study.best,
            record,
            predictions,
            partial(_model, record, directory, context, data, info, result.calibration),
        )
        for record, result, predictions in zip(
            refits.scored(directory), refits.results, refits.predictions, strict=True
        )
    )


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


def average_members(
    trained: Sequence[Member],
    refitted: Sequence[Member],
    info: RunInfo,
    splits: Splits,
    directory: RunDirectory,
    single: tuple[Sequence[RefitResult], NDArray[np.float32]],
    before: EnsembleResult | None = None,
) -> tuple[EnsembleResult | None, tuple[Finding, ...]]:
    """Choose the members and their weights, average them in one model, save and score that.

    What it predicts for the validation part is the weighted mean of what its members predict, each
    at its own temperature, at a temperature again: the mean of calibrated probabilities is less
    sure than it could be. One that was averaged by an earlier version, with equal weights and
    without a temperature, stays as it is.

    Args:
        trained: The trials that were trained again.
        refitted: The refits, which cost nothing more.
        info: What the run was started with.
        splits: The data.
        directory: The run directory.
        single: The refits' results, for the gain over a single network, and what each of them
            predicts for the validation part.
        before: The ensemble of an earlier end of the run, if any.

    Returns:
        The ensemble, and what there is to say where there is none or fewer trials than were asked
        for.

    Raises:
        ExportError: If the saved average answers otherwise.
    """
    asked, wanted = info.settings.ensemble, info.settings.goal
    if asked < _FEWEST:
        return None, ()
    part, spec = splits.validation, info.spec
    said = (_too_few(asked, len(trained)),) if len(trained) < asked else ()
    older = before is not None and _is_older(before, trained)
    candidates = tuple(trained) if older else (*refitted, *trained)
    weights = _weights(candidates, part.y, spec) if not older else [1 / len(trained)] * len(trained)
    chosen = [one for one in zip(candidates, weights, strict=True) if one[1] > 0]
    if len(chosen) < _FEWEST:
        return None, (*said, _no_gain(len(candidates)))
    members = [member for member, _ in chosen]
    scales = [weight for _, weight in chosen]
    shares = None if len(set(scales)) == 1 else scales
    own = average_predictions([member.predictions for member in members], shares)
    calibration = None if older else calibrate(part.y, own, spec)
    predictions = calibrated(own, calibration)
    average = build_average_model(
        [member.model() for member in members], splits.preprocess, splits.raw_spec, shares
    )
    temperature = 1.0 if calibration is None else calibration.temperature
    folder = directory.networks(members[-1].record.stage).ensemble
    # Other members than before may be in it, after more trials.
    shutil.rmtree(folder, ignore_errors=True)
    beside(folder, KERAS).unlink(missing_ok=True)
    save_as_trained(build_calibrated_model(average, temperature), folder, part.x, predictions, info)
    refits, of_refits = single
    keep_predictions(directory, part, of_refits, predictions, name="validation")

    validation, threshold = score_validation(part.y, predictions, spec, wanted)
    goal = usable_goal(wanted, (threshold, *(refit.threshold for refit in refits)))
    metric = main_metric(spec, part, part, goal)
    levels = threshold, [refit.threshold for refit in refits]
    result = EnsembleResult(
        asked=asked,
        members=tuple(
            _member(member, None if older else weight, splits, wanted, directory)
            for member, weight in chosen
        ),
        validation=validation,
        validation_gain=_gain(
            "validation", part.y, (predictions, of_refits), levels, metric, spec, len(members)
        ),
        checkpoint=directory.relative(folder),
        threshold=threshold,
        calibration=calibration,
    )
    return result, said


def which_is_exported(ensemble: EnsembleResult | None) -> Literal["refit", "ensemble"]:
    """Return which model is exported: the ensemble where it is better beyond the noise.

    Of earlier versions, whose members have no weights, it is the refit.

    Args:
        ensemble: The ensemble, as the validation part judges it; None without one.
    """
    if ensemble is None or any(member.weight is None for member in ensemble.members):
        return "refit"
    return "ensemble" if ensemble.validation_gain.outcome == "better" else "refit"


def _weights(candidates: Sequence[Member], y: np.ndarray, spec: DataSpec) -> list[float]:
    found = select_members(
        [member.predictions for member in candidates],
        lambda mean: proper_losses(y, mean, spec),
    )
    return [float(weight) for weight in found]


def _is_older(ensemble: EnsembleResult, trained: Sequence[Member]) -> bool:
    """Whether an earlier version averaged these very members, which had no weights then."""
    then = [(one.stage, one.trial, one.seed, one.weight) for one in ensemble.members]
    now = [(one.trial.stage, one.trial.number, one.record.seed, None) for one in trained]
    return then == now


def tested_ensemble(
    directory: RunDirectory, result: RunResult, test: TestResult, spec: DataSpec
) -> EnsembleResult | None:
    """Return the ensemble with its score on the test part, by the saved predictions.

    Args:
        directory: The run directory.
        result: The result up to the refits.
        test: What the refits reached, and the metric of it.
        spec: The data's description.

    Returns:
        The ensemble; None if there is none.

    Raises:
        RunError: If the saved predictions are damaged.
    """
    if result.ensemble is None:
        return None
    arrays, predictions = directory.read_predictions(ensemble=True)
    y = arrays["y"]
    levels = result.ensemble.threshold, [refit.threshold for refit in result.refits]
    goal = None
    if result.threshold is not None:
        wanted = ThresholdGoal.parse(result.threshold.goal)
        goal = wanted if wanted.metric == test.metric else None
    metric = MainMetric(test.metric, test.direction, test.reason, goal)
    size = len(result.ensemble.members)
    return replace(
        result.ensemble,
        test=metric.scores(y, predictions, spec, result.ensemble.threshold),
        calibration=calibration_tested(result.ensemble.calibration, y, predictions, spec),
        test_gain=_gain(
            "test", y, (predictions, arrays["predictions"]), levels, metric, spec, size
        ),
    )


def _member(
    member: Member,
    weight: float | None,
    splits: Splits,
    goal: str,
    directory: RunDirectory,
) -> EnsembleMember:
    trial, record = member.trial, member.record
    scores, _ = score_validation(splits.validation.y, member.predictions, splits.model_spec, goal)
    return EnsembleMember(
        stage=trial.stage,
        trial=trial.number,
        values=record.values,
        seed=record.seed,
        validation=scores,
        checkpoint=directory.relative(directory.networks(record.stage).weights(record.number)),
        weight=weight,
    )


def _gain(
    part: str,
    y: np.ndarray,
    predictions: tuple[np.ndarray, Sequence[np.ndarray] | np.ndarray],
    thresholds: tuple[float | None, Sequence[float | None]],
    metric: MainMetric,
    spec: DataSpec,
    members: int,
) -> Gain:
    """Return the gain; predictions and thresholds are those of the ensemble and of each refit."""
    (ensemble, single), (own, levels) = predictions, thresholds
    pairs = list(zip(single, levels, strict=True))
    reached = metric.scores(y, ensemble, spec, own)[metric.name]
    scores = [metric.scores(y, values, spec, level)[metric.name] for values, level in pairs]
    spread = f" ± {significant(stdev(scores), 2)}" if len(scores) > 1 else ""
    return measure_gain(
        metric.losses(y, ensemble, spec, own),
        np.stack([metric.losses(y, values, spec, level) for values, level in pairs]),
        metric=metric.words,
        score=f"{part} {metric.words} {significant(reached)} against "
        f"{significant(fmean(scores))}{spread}",
        members=members,
        step=metric.step(y),
    )


def _too_few(asked: int, found: int) -> Finding:
    made = f"{found} of {asked}" if found else f"None of {asked}"
    return Finding(
        name="ensemble",
        verdict=f"{made} trials that were asked for could be trained again for the ensemble: the "
        "study has no more with different hyperparameters that end with a score then.",
        evidence={"asked": asked, "trained": found},
        advice="Give the search more trials.",
        severity="warning",
    )


def _no_gain(candidates: int) -> Finding:
    return Finding(
        name="no ensemble",
        verdict="There is no ensemble: no mean of networks predicts the validation part better "
        f"than the best of {plural(candidates, 'network')} alone.",
        evidence={"networks": candidates},
    )
