"""The error of a way of fitting, taken apart by fitting it to many samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

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
        error_interval: Half of the 95 % interval of the error; 0 where it is not measured.
        bias_interval: Likewise of the bias.
        variance_interval: Likewise of the variance.
    """

    error: float
    bias: float
    variance: float
    noise: float
    error_interval: float = 0.0
    bias_interval: float = 0.0
    variance_interval: float = 0.0


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


def decompose_predictions(
    predictions: ArrayLike, truth: ArrayLike, *, noise: float = 0.0
) -> ErrorParts:
    """Return bias, variance and noise of models fitted to data sets that were drawn anew.

    For problems that are made, where there can be as many data sets as one likes and the truth is
    known. With few of them the mean prediction is off by chance, which would be counted as bias:
    a share of the variance is taken off, so that neither part is too large on average (and a bias
    that is nearly none may come out below 0). The intervals are the jackknife's: from the parts
    without each data set in turn.

    Args:
        predictions: A row a data set, `(data sets, points)`, three at least; or with more axes.
        truth: What is to be predicted, without its noise, `(points,)`.
        noise: Variance of the targets around the truth, at least 0.

    Raises:
        ArgumentError: If there are fewer than three data sets, or the truth has another shape.

    Example:
        >>> generator = np.random.default_rng(0)
        >>> guesses = generator.normal(1.0, 0.5, size=(100, 200))  # of 0: bias 1, variance .25
        >>> parts = dlr.diagnose.decompose_predictions(guesses, np.zeros(200))
        >>> round(parts.bias, 2), round(parts.variance, 2), parts.bias_interval < 0.02
        (1.0, 0.25, True)

    Reference:
        Geman, Bienenstock and Doursat 1992, Neural Networks and the Bias/Variance Dilemma; Efron
        and Stein 1981, The Jackknife Estimate of Variance.
    """
    found, wanted = np.asarray(predictions, np.float64), np.asarray(truth, np.float64)
    if found.ndim < 2 or len(found) < 3 or found.shape[1:] != wanted.shape or not wanted.size:
        raise ArgumentError(
            "`predictions` must be those of at least three data sets, each shaped as `truth`.",
            received=f"shapes {found.shape} and {wanted.shape}",
        )
    known, sets = check_real("noise", noise, 0), len(found)
    found = found - wanted
    total, squares = found.sum(axis=0), (found**2).sum(axis=0)
    bias, variance = _unbiased(total, squares, sets)
    without = [_unbiased(total - one, squares - one**2, sets - 1) for one in found]
    parts = np.array([(first + second, first, second) for first, second in without])
    errors = np.sqrt((sets - 1) * parts.var(axis=0)) * stats.t.ppf(0.975, sets - 1)
    return ErrorParts(bias + variance + known, bias, variance, known, *errors.tolist())


def _unbiased(total: Array, squares: Array, sets: int) -> tuple[float, float]:
    """Return squared bias and variance from sums of deviations from the truth over data sets."""
    variance = float(np.mean(squares - total**2 / sets)) / (sets - 1)
    return float(np.mean((total / sets) ** 2)) - variance / sets, variance
