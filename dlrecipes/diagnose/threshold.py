"""The threshold of a binary classifier: chosen for a stated goal, what it decides and loses."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn import metrics

from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.metrics import f_shares
from dlrecipes.results import Decisions, Threshold, ThresholdGoal, plural

Counts = NDArray[np.int64]
Scores = NDArray[np.floating[Any]]


def choose_threshold(y: ArrayLike, scores: ArrayLike, goal: str | ThresholdGoal) -> Threshold:
    """Return the threshold that serves a goal best on validation data.

    Every way to divide these examples by a threshold is tried, exactly: examples with equal
    scores are always on one side. Between two scores that divide them in the same way, the
    threshold lies halfway, so that the rounding of another program moves no example across it.

    Of equally good thresholds, the highest is taken for F-beta and cost (the fewest alarms), the
    one with the higher precision at equal recall, and the one with the higher recall at equal
    precision.

    Args:
        y: 0 or 1, `(examples,)`.
        scores: Probabilities of class 1, `(examples,)`.
        goal: `"f1"` (`"f2"`, `"f0.5"`, …), `"recall@precision=0.9"`, `"precision@recall=0.8"`,
            `"cost=1:10"` (a false positive costs 1, a false negative 10), or a `ThresholdGoal`.

    Raises:
        ArgumentError: If the goal is none of these, or the arrays do not fit together.
        DataError: If one of the two classes is missing, or no threshold reaches the goal.

    Reference:
        Elkan 2001, The Foundations of Cost-Sensitive Learning; Lipton, Elkan and
        Naryanaswamy 2014, Optimal Thresholding of Classifiers to Maximize F1 Measure.
    """
    wanted = ThresholdGoal.parse(goal)
    labels, values = _checked(y, scores)
    found, alarms, thresholds = _candidates(labels, values)
    positives, negatives = int(labels.sum()), int(len(labels) - labels.sum())
    at = _best(wanted, found, alarms, positives)
    decisions = Decisions(
        true_positives=int(found[at]),
        false_positives=int(alarms[at]),
        false_negatives=positives - int(found[at]),
        true_negatives=negatives - int(alarms[at]),
    )
    return Threshold(str(wanted), float(thresholds[at]), wanted.value(decisions), decisions)


def _checked(y: ArrayLike, scores: ArrayLike) -> tuple[Counts, Scores]:
    labels, values = np.asarray(y), np.asarray(scores)
    if not np.issubdtype(values.dtype, np.floating):
        values = values.astype(np.float64)
    if labels.ndim != 1 or labels.shape != values.shape:
        raise ArgumentError(
            "Labels and scores must be `(examples,)` each.",
            received=f"y.shape={labels.shape}, scores.shape={values.shape}",
        )
    if not np.isfinite(values).all():
        raise ArgumentError("Scores must be finite numbers.", received="NaN or infinity")
    if not np.isin(labels, (0, 1)).all():
        raise ArgumentError(
            "Labels must be 0 or 1.", received=f"{sorted(set(labels.tolist()))[:5]}"
        )
    if len(np.unique(labels)) < 2:
        raise DataError(
            "A threshold is chosen where both classes occur.",
            received=f"{plural(len(labels), 'example')} of "
            f"{plural(len(np.unique(labels)), 'class', 'classes')}",
            fix="Make the validation part larger.",
        )
    return labels.astype(np.int64), values


def _candidates(labels: Counts, scores: Scores) -> tuple[Counts, Counts, Scores]:
    """Return true and false positives of every division, the one without alarms first.

    The thresholds have the scores' dtype, so that comparing in float32 is comparing exactly.
    """
    false_rate, true_rate, levels = metrics.roc_curve(labels, scores, drop_intermediate=False)
    found = np.rint(true_rate * labels.sum()).astype(np.int64)
    alarms = np.rint(false_rate * (1 - labels).sum()).astype(np.int64)
    upper = levels[1:].astype(scores.dtype)
    # Halfway down to the next score, from the last one to 0.
    lower = np.append(upper[1:], min(upper[-1], scores.dtype.type(0)))
    halfway = lower + (upper - lower) / 2
    halfway = np.where(halfway > lower, halfway, upper)
    # Probabilities end at 1, and no alarm at all must stay none.
    above = max(upper[0] + (1 - upper[0]) / 2, np.nextafter(upper[0], upper.dtype.type(np.inf)))
    return found, alarms, np.append(above, halfway)


def _best(goal: ThresholdGoal, found: Counts, alarms: Counts, positives: int) -> int:
    """Return which division is best; of equals the one that `choose_threshold` promises."""
    called = np.maximum(found + alarms, 1)
    precision, recall = found / called, found / positives
    if goal.kind == "f":
        weight = goal.beta**2
        # The denominator (1 + b²) TP + b² FN + FP, in other words.
        return int(np.argmax(found / (weight * positives + found + alarms)))
    if goal.kind == "cost":
        missed = positives - found
        return int(np.argmin(goal.false_positive * alarms + goal.false_negative * missed))
    if goal.kind == "recall":
        enough = np.flatnonzero((precision >= goal.minimum) & (found > 0))
        if not len(enough):
            best = int(np.argmax(precision))
            raise DataError(
                f"The goal {goal} must be within reach on the validation data.",
                received=f"a precision of at most {precision[best]:.4g}, at a recall of "
                f"{recall[best]:.4g}",
                fix="Ask for less precision, or for another goal.",
            )
        return int(enough[np.lexsort((-precision[enough], -recall[enough]))[0]])
    enough = np.flatnonzero(recall >= goal.minimum)
    return int(enough[np.lexsort((-recall[enough], -precision[enough]))[0]])


def decide(y: ArrayLike, scores: ArrayLike, threshold: float) -> Decisions:
    """Return what a threshold decides.

    Args:
        y: 0 or 1, `(examples,)`.
        scores: Probabilities of class 1, `(examples,)`.
        threshold: Positive from this score on.
    """
    labels = np.asarray(y).astype(bool)
    called = np.asarray(scores, np.float64) >= threshold
    return Decisions(
        true_positives=int((called & labels).sum()),
        false_positives=int((called & ~labels).sum()),
        false_negatives=int((~called & labels).sum()),
        true_negatives=int((~called & ~labels).sum()),
    )


def decision_losses(
    y: ArrayLike, scores: ArrayLike, threshold: float, goal: ThresholdGoal
) -> NDArray[np.float64]:
    """Return each example's part in what decisions are judged by, lower being better.

    Args:
        y: 0 or 1, `(examples,)`.
        scores: Probabilities of class 1, `(examples,)`.
        threshold: Positive from this score on.
        goal: F-beta, whose negative the losses' mean is, or a cost, which it is.

    Returns:
        `(examples,)`.
    """
    labels = np.asarray(y).astype(bool)
    called = np.asarray(scores, np.float64) >= threshold
    if goal.kind == "f":
        return -f_shares(labels, called, goal.beta)
    cost: NDArray[np.float64] = goal.false_negative * (labels & ~called) + goal.false_positive * (
        called & ~labels
    )
    return cost


def decision_step(y: ArrayLike, goal: ThresholdGoal) -> float:
    """Return what one wrong decision adds to the losses, the larger of both kinds.

    Args:
        y: 0 or 1, `(examples,)`.
        goal: F-beta, there beside decisions that are all right, or a cost.
    """
    if goal.kind == "cost":
        return max(goal.false_positive, goal.false_negative)
    squared, positive = goal.beta**2, float(np.mean(np.asarray(y)))
    return max(squared, 1.0) / ((1 + squared) * positive) if positive else 0.0
