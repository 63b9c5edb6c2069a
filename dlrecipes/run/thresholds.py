"""The thresholds of the refits, above all of the one that will be exported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dlrecipes.diagnose import choose_threshold
from dlrecipes.errors import DataError
from dlrecipes.results import (
    BaselineResult,
    DataSpec,
    Finding,
    Metrics,
    RefitResult,
    Threshold,
    ThresholdGoal,
)
from dlrecipes.targets import score_predictions


def set_thresholds(
    goal: str,
    refits: Sequence[RefitResult],
    predictions: NDArray[np.float32],
    y: np.ndarray,
    spec: DataSpec,
) -> tuple[Threshold | None, tuple[RefitResult, ...], tuple[Finding, ...]]:
    """Choose the threshold on the validation predictions of the first refit.

    Where the verdict will be about decisions, each refit gets one of its own likewise, so that
    their spread is that of the whole procedure.

    Args:
        goal: What it is chosen for, as `ThresholdGoal.parse` takes it; empty for no threshold.
        refits: The refits.
        predictions: Of each for the validation part, `(refits, examples, 2)`.
        y: The labels there, `(examples,)`.
        spec: The data's description, of two classes.

    Returns:
        The threshold or None, the refits with theirs, and what there is to say about it.
    """
    threshold, missed = set_threshold(goal, predictions[0], y)
    if threshold is None or not ThresholdGoal.parse(goal).metric:
        return threshold, tuple(refits), missed
    scored = []
    for refit, own in zip(refits, predictions, strict=True):
        validation, level = score_validation(y, own, spec, goal)
        scored.append(replace(refit, validation=validation, threshold=level))
    return threshold, tuple(scored), ()


def set_threshold(
    goal: str, predictions: NDArray[np.float32], y: np.ndarray
) -> tuple[Threshold | None, tuple[Finding, ...]]:
    """Choose the threshold of one model on its validation predictions.

    A goal that they do not reach is a finding: a search is not thrown away for it, and the more
    probable class remains the label.

    Args:
        goal: As for `set_thresholds`.
        predictions: Of the model for the validation part, `(examples, 2)`.
        y: The labels there, `(examples,)`.

    Returns:
        The threshold or None, and what there is to say about it.
    """
    if not goal:
        return None, ()
    try:
        return choose_threshold(y, predictions[:, 1], goal), ()
    except DataError as error:
        finding = Finding(
            name="threshold",
            verdict=f"No threshold was chosen. {error}",
            evidence={"goal": goal},
            advice="Labels go to the more probable class. Start again with another goal, or with "
            "a model that ranks better.",
            severity="warning",
        )
        return None, (finding,)


def score_validation(
    y: np.ndarray, predictions: np.ndarray, spec: DataSpec, goal: str
) -> tuple[Metrics, float | None]:
    """Return all scores of validation predictions, and their threshold.

    Args:
        y: Class indices or values, `(examples,)`; of several targets `(examples, targets)`.
        predictions: As `score_predictions` takes them.
        spec: The data's description.
        goal: What thresholds are chosen for; empty for none.

    Returns:
        The scores, with what the goal reaches, and the threshold; without it where the verdict is
        about no decisions or, for want of a class, none can be chosen.
    """
    scores = score_predictions(y, predictions, spec)
    metric = ThresholdGoal.parse(goal).metric if goal else ""
    if not metric:
        return scores, None
    try:
        chosen = choose_threshold(y, np.asarray(predictions)[:, 1], goal)
    except DataError:
        return scores, None
    return {**scores, metric: chosen.value}, chosen.threshold


def validated_baseline(
    y: np.ndarray, predictions: np.ndarray, spec: DataSpec, goal: str
) -> BaselineResult:
    """Return what a baseline reaches on the validation part.

    Args:
        y: As for `score_validation`.
        predictions: The baseline's.
        spec: The data's description.
        goal: What thresholds are chosen for; empty for none.
    """
    scores, threshold = score_validation(y, predictions, spec, goal)
    return BaselineResult(scores, threshold=threshold)


def usable_goal(goal: str, thresholds: Sequence[float | None]) -> ThresholdGoal | None:
    """Return what thresholds were chosen for; None where a verdict about decisions lacks one.

    Args:
        goal: As for `set_thresholds`.
        thresholds: Of every model that the verdict is about.
    """
    wanted = ThresholdGoal.parse(goal) if goal else None
    if wanted is None or not wanted.metric:
        return wanted
    return None if None in thresholds else wanted
