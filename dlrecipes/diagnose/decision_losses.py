"""What the decisions of a threshold lose, example by example."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlrecipes.metrics import f_shares
from dlrecipes.results import ThresholdGoal


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
