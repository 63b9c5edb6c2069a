"""The ensemble of a run: the best trials trained again and averaged in one model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean, stdev

import keras
import numpy as np

from dlrecipes.data import Splits
from dlrecipes.diagnose import measure_gain
from dlrecipes.errors import RunError
from dlrecipes.export import build_average_model, load_model, predict
from dlrecipes.results import (
    DataSpec,
    EnsembleMember,
    EnsembleResult,
    Finding,
    Gain,
    RefitResult,
    RunInfo,
    RunResult,
    TestResult,
    ThresholdGoal,
    TrialRecord,
    significant,
    written_whole,
)
from dlrecipes.run.main_metric import MainMetric, main_metric
from dlrecipes.run.score_test_set import keep_predictions
from dlrecipes.run.set_threshold import score_validation, usable_goal
from dlrecipes.rundir import RunDirectory

FEWEST = 2
"""The fewest members that make an ensemble."""


def average_members(
    trained: Sequence[tuple[TrialRecord, TrialRecord]],
    info: RunInfo,
    splits: Splits,
    directory: RunDirectory,
    refits: Sequence[RefitResult],
) -> tuple[EnsembleResult | None, tuple[Finding, ...]]:
    """Average the members in one model, save that and score it on the validation part.

    Args:
        trained: Each trial of the study with its record as a member; members without a file
            ended without a score and are left out.
        info: What the run was started with.
        splits: The data.
        directory: The run directory.
        refits: The refits, for the gain over a single network.

    Returns:
        The ensemble, and what there is to say where there is none or it is smaller than was
        asked for.
    """
    if info.ensemble < FEWEST:
        return None, ()
    files = [directory.checkpoint(record.stage, record.number) for _, record in trained]
    models = {at: load_model(file) for at, file in enumerate(files) if file.is_file()}
    found = len(models)
    said = (_too_few(info.ensemble, found),) if found < info.ensemble else ()
    if found < FEWEST:
        return None, said
    average = build_average_model(list(models.values()), splits.preprocess, splits.spec)
    file = files[0].with_name("ensemble.keras")
    with written_whole(file) as partial:
        average.save(partial)

    part = splits.validation
    members = tuple(
        _member(
            *trained[at],
            model,
            splits,
            info.threshold,
            str(files[at].relative_to(directory.path)),
        )
        for at, model in models.items()
    )
    predictions = predict(average, part.x)
    single = directory.read_predictions("validation")[0]["predictions"]
    keep_predictions(directory, part, single, predictions, name="validation")
    validation, threshold = score_validation(part.y, predictions, info.spec, info.threshold)
    goal = usable_goal(info.threshold, (threshold, *(refit.threshold for refit in refits)))
    metric = main_metric(info.spec, part, part, goal)
    levels = threshold, [refit.threshold for refit in refits]
    result = EnsembleResult(
        asked=info.ensemble,
        members=members,
        validation=validation,
        validation_gain=_gain(
            "validation", part.y, (predictions, single), levels, metric, info.spec, found
        ),
        checkpoint=str(file.relative_to(directory.path)),
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
    trial: TrialRecord,
    record: TrialRecord,
    model: keras.Model,
    splits: Splits,
    goal: str,
    checkpoint: str,
) -> EnsembleMember:
    developed = splits.development()
    predictions = predict(model, developed.validation.array)
    scores, _ = score_validation(developed.validation.y, predictions, developed.spec, goal)
    return EnsembleMember(
        stage=trial.stage,
        trial=trial.number,
        values=record.values,
        seed=record.seed,
        validation=scores,
        checkpoint=checkpoint,
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
    made = f"has {found}" if found >= FEWEST else "is not made"
    return Finding(
        name="ensemble",
        verdict=f"The ensemble {made}, though {asked} members were asked for: the study has no "
        "more trials with different hyperparameters that end with a score when trained again.",
        evidence={"asked": asked},
        advice="Give the search more trials.",
        severity="warning",
    )
