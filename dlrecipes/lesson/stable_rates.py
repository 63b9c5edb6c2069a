"""Up to which learning rate a training is stable."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlrecipes.errors import ArgumentError


def largest_stable(rates: ArrayLike, losses: ArrayLike) -> NDArray[np.float64]:
    """Return the largest rate up to which each start's loss stays below where it began.

    Args:
        rates: Learning rates in ascending order, `(rates,)`.
        losses: Of each training and step, `(rates, …, steps)`, such as `(rates, starts, steps)`.

    Returns:
        `(…)`, one rate a start: the last one before the first that fails, NaN if none is stable.
        A training fails whose loss is at some step no number, or above the first.

    Raises:
        ArgumentError: If the rates do not ascend, or are not as many as the losses.

    Example:
        >>> losses = [[1.0, 0.9], [1.0, 0.5], [1.0, 7.0], [1.0, 0.8]]
        >>> float(dlr.lesson.largest_stable([0.01, 0.1, 1.0, 10.0], losses))
        0.1
    """
    steps, all_losses = np.asarray(rates, np.float64), np.asarray(losses, np.float64)
    if steps.ndim != 1 or all_losses.ndim < 2 or len(all_losses) != len(steps):
        raise ArgumentError(
            "`losses` must have the shape (rates, …, steps).",
            received=f"{steps.shape} rates, losses of shape {all_losses.shape}",
        )
    if not len(steps) or not (np.diff(steps) > 0).all():
        raise ArgumentError("`rates` must ascend.", received=f"rates={steps[:5].tolist()}")
    with np.errstate(invalid="ignore"):
        stable = (all_losses <= all_losses[..., :1]).all(axis=-1)  # false of NaN
    upto = np.logical_and.accumulate(stable, axis=0).sum(axis=0)
    return np.where(upto > 0, steps[np.maximum(upto - 1, 0)], np.nan)
