"""The ensemble of a run: the best trials trained again and averaged in one model."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean, stdev

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.data import Development, Splits
from dlrecipes.diagnose import average_predictions, measure_gain
from dlrecipes.errors import RunError
from dlrecipes.export import build_average_model, build_inference_model
from dlrecipes.results import (
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
    significant,
)
from dlrecipes.run.dry_export import DryExport
from dlrecipes.run.keep_network import (
    keep_weights,
    predicted_once,
    restore_kept,
    save_as_trained,
    with_weights,
)
from dlrecipes.run.main_metric import MainMetric, main_metric
from dlrecipes.run.score_test_set import keep_predictions
from dlrecipes.run.thresholds import score_validation, usable_goal
from dlrecipes.rundir import KERAS, RunDirectory, beside
from dlrecipes.search import Store, StudyContext, ensemble_stage, ensemble_trials, refit
from dlrecipes.training.engines import Engine

_FEWEST = 2
"""The fewest members that make an ensemble."""


@dataclass(frozen=True)
class Member:
    """A trial of the study, trained again for the ensemble.

    Args:
        trial: The trial.
        record: How it ended when it was trained again.
        model: From preprocessed examples to predictions; None where it ended without a score.
        predictions: Of that model for the validation part.
    """

    trial: TrialRecord
    record: TrialRecord
    model: keras.Model | None = None
    predictions: NDArray[np.float32] | None = None


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
        The members; none where fewer than two trials have a score.

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
    members = [Member(trials[record.number], record) for record in records]
    usable = {record.number for record in with_weights(records, directory)}
    for at, member in enumerate(members):
        record = member.record
        if record.number not in usable:
            continue
        network = restore_kept(record, directory, context, data, info.policy)
        model = build_inference_model(network, None, info.spec, info.spec)
        predictions = predicted_once(model, record, directory, data.validation.inputs)
        members[at] = replace(member, model=model, predictions=predictions)
    return tuple(members)


def average_members(
    trained: Sequence[Member],
    info: RunInfo,
    splits: Splits,
    directory: RunDirectory,
    refits: Sequence[RefitResult],
    single: NDArray[np.float32],
) -> tuple[EnsembleResult | None, tuple[Finding, ...]]:
    """Average the members in one model, save that and score it on the validation part.

    What it predicts for that part is the mean of what its members predict.

    Args:
        trained: The members; those without a model are left out.
        info: What the run was started with.
        splits: The data.
        directory: The run directory.
        refits: The refits, for the gain over a single network.
        single: What each of them predicts for the validation part.

    Returns:
        The ensemble, and what there is to say where there is none or it is smaller than was
        asked for.

    Raises:
        ExportError: If the saved average answers otherwise.
    """
    asked, wanted = info.settings.ensemble, info.settings.goal
    if asked < _FEWEST:
        return None, ()
    models = [member.model for member in trained if member.model is not None]
    found = [member.predictions for member in trained if member.predictions is not None]
    said = (_too_few(asked, len(models)),) if len(models) < asked else ()
    if len(models) < _FEWEST:
        return None, said
    part = splits.validation
    predictions = average_predictions(found)
    folder = directory.networks(trained[0].record.stage).ensemble
    average = build_average_model(models, splits.preprocess, splits.raw_spec)
    # Other members than before may be in it, after more trials.
    shutil.rmtree(folder, ignore_errors=True)
    beside(folder, KERAS).unlink(missing_ok=True)
    save_as_trained(average, folder, part.x, predictions, info)
    keep_predictions(directory, part, single, predictions, name="validation")

    validation, threshold = score_validation(part.y, predictions, info.spec, wanted)
    goal = usable_goal(wanted, (threshold, *(refit.threshold for refit in refits)))
    metric = main_metric(info.spec, part, part, goal)
    levels = threshold, [refit.threshold for refit in refits]
    result = EnsembleResult(
        asked=asked,
        members=tuple(
            _member(member, member.predictions, splits, wanted, directory)
            for member in trained
            if member.predictions is not None
        ),
        validation=validation,
        validation_gain=_gain(
            "validation", part.y, (predictions, single), levels, metric, info.spec, len(models)
        ),
        checkpoint=directory.relative(folder),
        threshold=threshold,
    )
    return result, said


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
    arrays, _ = directory.read_predictions()
    if "ensemble" not in arrays:
        raise RunError(
            "The saved predictions must be whole.",
            received=f"{directory.predictions} without those of the ensemble",
        )
    y, predictions = arrays["y"], arrays["ensemble"]
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
        test_gain=_gain(
            "test", y, (predictions, arrays["predictions"]), levels, metric, spec, size
        ),
    )


def _member(
    member: Member,
    predictions: NDArray[np.float32],
    splits: Splits,
    goal: str,
    directory: RunDirectory,
) -> EnsembleMember:
    trial, record = member.trial, member.record
    scores, _ = score_validation(splits.validation.y, predictions, splits.model_spec, goal)
    return EnsembleMember(
        stage=trial.stage,
        trial=trial.number,
        values=record.values,
        seed=record.seed,
        validation=scores,
        checkpoint=directory.relative(directory.networks(record.stage).weights(record.number)),
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
    made = f"has {found}" if found >= _FEWEST else "is not made"
    return Finding(
        name="ensemble",
        verdict=f"The ensemble {made}, though {asked} members were asked for: the study has no "
        "more trials with different hyperparameters that end with a score when trained again.",
        evidence={"asked": asked},
        advice="Give the search more trials.",
        severity="warning",
    )
