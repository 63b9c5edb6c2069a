"""The error of a way of fitting, taken apart by fitting it to many samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlrecipes.checks import check_integer, check_real
from dlrecipes.errors import ArgumentError

Array = NDArray[np.float64]
Fit = Callable[[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]], ArrayLike]


@dataclass(frozen=True)
class ErrorParts:
    """A mean squared error and what it consists of: `error = bias + variance + noise`.

    Args:
        error: Mean squared error of the predictions, over all samples and new rows.
        bias: How far the mean prediction is off, squared; with what of the noise is not known.
        variance: How much the predictions vary from sample to sample, squared.
        noise: The variance of the targets that no model explains, as it was given.
    """

    error: float
    bias: float
    variance: float
    noise: float


def decompose_error(
    fit: Fit,
    x: ArrayLike,
    y: ArrayLike,
    *,
    x_new: ArrayLike,
    y_new: ArrayLike,
    samples: int = 50,
    noise: float = 0.0,
    seed: int = 0,
) -> ErrorParts:
    """Return bias, variance and noise of a way of fitting, by the bootstrap.

    The model is fitted to `samples` samples drawn from the training rows with replacement. Over
    new rows, `bias` is the mean of `(mean prediction - target)^2 - noise`, and `variance` that of
    `(prediction - mean prediction)^2`. Where the noise is not known it is part of the bias.
    The bootstrap stands in for new data sets: as a sample has about 63 % of the rows, the variance
    is rather too large than too small for a flexible model.

    Args:
        fit: `fit(x, y, x_new)`: fits anew, and returns predictions for `x_new`, shaped as `y_new`.
        x: Training inputs, `(rows, …)`.
        y: Training targets, `(rows,)` or `(rows, outputs)`; one-hot for classes.
        x_new: Other inputs, such as the validation part's.
        y_new: Their targets.
        samples: How many, at least 2.
        noise: Variance of the targets around the truth, at least 0.
        seed: An integer, at least 0.

    Returns:
        The parts, whose sum is the error.

    Raises:
        ArgumentError: If inputs and targets do not belong together, or predictions have another
            shape than `y_new`.

    Example:
        >>> x = np.linspace(0, 1, 30)
        >>> y = np.sin(6 * x) + np.random.default_rng(0).normal(0, 0.1, 30)
        >>> def line(x, y, x_new):
        ...     return np.polyval(np.polyfit(x, y, 1), x_new)
        >>> parts = dlr.diagnose.decompose_error(line, x, y, x_new=x, y_new=np.sin(6 * x))
        >>> parts.bias > 10 * parts.variance
        True

    Reference:
        Geman, Bienenstock and Doursat 1992, Neural Networks and the Bias/Variance Dilemma.
    """
    inputs, targets, new, wanted = (np.asarray(one, np.float64) for one in (x, y, x_new, y_new))
    for names, one, other in (("`x` and `y`", inputs, targets), ("`x_new`, `y_new`", new, wanted)):
        if not one.ndim or not other.ndim or len(one) != len(other) or not len(one):
            raise ArgumentError(
                f"{names} must have as many rows, at least one.",
                received=f"shapes {one.shape} and {other.shape}",
            )
    check_integer("samples", samples, 2)
    known = check_real("noise", noise, 0)
    generator = np.random.default_rng(check_integer("seed", seed, 0))
    predictions = []
    for _ in range(samples):
        rows = generator.integers(0, len(inputs), len(inputs))
        predicted = np.asarray(fit(inputs[rows], targets[rows], new), np.float64)
        if predicted.shape != wanted.shape:
            raise ArgumentError(
                "`fit` must return one prediction for each new target.",
                received=f"predictions of shape {predicted.shape}, targets {wanted.shape}",
            )
        predictions.append(predicted)
    all_of_them = np.stack(predictions)
    middle = all_of_them.mean(axis=0)
    return ErrorParts(
        error=float(np.mean((all_of_them - wanted) ** 2)),
        bias=float(np.mean((middle - wanted) ** 2)) - known,
        variance=float(np.mean((all_of_them - middle) ** 2)),
        noise=known,
    )
