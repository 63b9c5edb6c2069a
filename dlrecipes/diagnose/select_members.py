"""Which of some trained models are worth averaging, and how much each counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from dlrecipes.checks import check_integer
from dlrecipes.diagnose.verdict import standard_error
from dlrecipes.errors import ArgumentError
from dlrecipes.results import plural

_ROUNDING = 1e-12
Losses = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def select_members(
    predictions: Sequence[NDArray[np.floating]], losses: Losses, *, most: int = 20
) -> NDArray[np.float64]:
    """Return the weights with which models are averaged: greedy selection with replacement.

    It begins with the best model. Then, again and again, it adds the one, perhaps for the second
    time, with which the mean of all that were added has the least loss, as long as that is lower
    than before. A model's weight is its share of what was added.

    Weights follow the luck of these examples, too, which does not carry over to others; equal
    weights of all models need no choice. So where those are at least as good as the best model,
    they are taken unless what was added is better by more than the standard error of the paired
    difference.

    Args:
        predictions: What each model predicts for the same held-out examples, one shape, the
            examples first. A model with a prediction that is no finite number gets no weight.
        losses: Returns each example's loss of predictions, `(examples,)`, finite; such as a log
            loss or a squared error.
        most: How often models are added at most, at least 1.

    Returns:
        `(models,)`, at least 0, of sum 1. Their mean prediction never has a higher loss than the
        best model's.

    Raises:
        ArgumentError: If no model has finite predictions, or shapes or numbers do not fit.

    Example:
        >>> truth = np.array([1.0, 2.0, 3.0, 4.0])
        >>> models = [truth + 0.5, truth - 0.4, truth + [3.0, -2.0, 0.0, 1.0]]
        >>> dlr.diagnose.select_members(models, lambda mean: (mean - truth) ** 2).tolist()
        [0.5, 0.5, 0.0]

    Reference:
        Caruana, Niculescu-Mizil, Crew and Ksikes 2004, Ensemble Selection from Libraries of Models.
    """
    check_integer("most", most, 1)
    arrays = [np.asarray(one, np.float64) for one in predictions]
    if len({one.shape for one in arrays}) > 1 or any(not one.size for one in arrays):
        raise ArgumentError(
            "Models are averaged over the same examples, at least one example.",
            received=f"predictions of the shapes {[one.shape for one in arrays]}",
        )
    usable = [at for at, one in enumerate(arrays) if np.isfinite(one).all()]
    if not usable:
        raise ArgumentError(
            "At least one model must have predictions that are finite numbers.",
            received=f"{plural(len(arrays), 'model')}",
        )
    alone = [losses(arrays[at]) for at in usable]
    first = usable[int(np.argmin([one.mean() for one in alone]))]
    best = current = min(alone, key=lambda one: float(one.mean()))
    counts, total = np.zeros(len(arrays)), arrays[first].copy()
    counts[first] = 1.0
    for size in range(2, most + 1):
        found = [losses((total + arrays[at]) / size) for at in usable]
        means = [float(one.mean()) for one in found]
        at = int(np.argmin(means))
        if not means[at] < float(current.mean()) * (1 - _ROUNDING):
            break
        current = found[at]
        total += arrays[usable[at]]
        counts[usable[at]] += 1.0
    equal = losses(np.mean([arrays[at] for at in usable], axis=0))
    if equal.mean() <= best.mean() and not _better(current, equal):
        counts[:] = 0.0
        counts[usable] = 1.0
    weights: NDArray[np.float64] = counts / counts.sum()
    return weights


def _better(losses: NDArray[np.float64], others: NDArray[np.float64]) -> bool:
    """Whether losses are lower than others of the same examples by more than a standard error."""
    gain = others - losses
    return bool(gain.mean() > standard_error(gain))
