"""What each example adds to a score that is no mean over examples, for paired comparisons."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlrecipes.checks import check_real
from dlrecipes.errors import ArgumentError

Shares = NDArray[np.float64]


def average_precision_shares(y: ArrayLike, probabilities: ArrayLike) -> NDArray[np.float64]:
    """Return the jackknife's pseudo-values of the average precision.

    Value i is `n AP - (n - 1) AP_i`, where `AP_i` is the average precision without example i.
    Their mean is the average precision but for a bias of order 1/n; their spread, and that of
    their differences between two models, says how much of it is due to these very examples.

    Args:
        y: Class indices of two classes, `(examples,)`; at least two of class 1 and one of class 0.
        probabilities: Of class 1, or any score that is higher where it is likelier, `(examples,)`.

    Returns:
        `(examples,)`.

    Raises:
        ArgumentError: If the shapes do not fit, or if a class has too few examples.

    Example:
        >>> y, scores = np.array([0, 1, 0, 1]), np.array([0.1, 0.4, 0.5, 0.8])
        >>> dlr.metrics.average_precision_shares(y, scores).round(3).tolist()
        [0.833, 0.333, 0.333, 1.833]

    Reference:
        Efron and Stein 1981, The Jackknife Estimate of Variance.
    """
    labels, scores = np.asarray(y).astype(np.int64), np.asarray(probabilities, np.float64)
    size = len(labels)
    if labels.ndim != 1 or scores.shape != labels.shape or not 1 < int(labels.sum()) < size:
        raise ArgumentError(
            "Labels and scores must be `(examples,)` each, at least two of class 1 and one of "
            "class 0.",
            received=f"y.shape={labels.shape}, probabilities.shape={scores.shape}, "
            f"{int(labels.sum())} of class 1",
        )
    levels, place = np.unique(-scores, return_inverse=True)  # the highest score first
    positives = np.bincount(place, labels, minlength=len(levels))
    found = np.cumsum(positives)
    called = np.cumsum(np.bincount(place, minlength=len(levels)))
    total = found[-1]

    # A positive's precision stays as it is where the example that goes has a lower score.
    above = np.concatenate([[0.0], np.cumsum(positives * found / called)])
    fewer = np.maximum(called - 1, 1)
    without_negative = _from_here_on(positives * found / fewer)
    without_positive = _from_here_on(positives * (found - 1) / fewer)
    own = (found - 1) / fewer
    left_out = np.where(
        labels == 1,
        (above[place] + without_positive[place] - own[place]) / (total - 1),
        (above[place] + without_negative[place]) / total,
    )
    pseudo: NDArray[np.float64] = size * above[-1] / total - (size - 1) * left_out
    return pseudo


def _from_here_on(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sums of each value and all that follow."""
    sums: NDArray[np.float64] = np.cumsum(values[::-1])[::-1]
    return sums


def rmse_shares(y: ArrayLike, values: ArrayLike) -> Shares:
    """Return each example's part of the root mean squared error, in the target's units.

    Part i is `RMSE + (e_i² - MSE) / (2 RMSE)` for the error `e_i`. The mean is the RMSE; where all
    errors are 0, so are the parts.

    Args:
        y: Values, `(examples,)`.
        values: Predicted ones, `(examples,)`.

    Returns:
        `(examples,)`.

    Raises:
        ArgumentError: If the shapes do not fit, or if a number is not finite.

    Example:
        >>> shares = dlr.metrics.rmse_shares([100.0, 200.0], [101.0, 207.0])
        >>> shares.round(1).tolist(), float(shares.mean().round(1))
        ([2.6, 7.4], 5.0)
    """
    targets, predicted = np.asarray(y, np.float64), np.asarray(values, np.float64)
    errors = np.abs(predicted - targets) if targets.shape == predicted.shape else targets
    if errors.ndim != 1 or targets.shape != predicted.shape or not np.isfinite(errors).all():
        raise ArgumentError(
            "True and predicted values must be finite numbers, `(examples,)` each.",
            received=f"y.shape={targets.shape}, values.shape={predicted.shape}",
        )
    largest = float(errors.max())
    if largest == 0:
        return np.zeros(len(errors))
    # In units of the largest error, so that no square is too large or too small for a number.
    squares = np.square(errors / largest)
    mean = float(squares.mean())
    root = math.sqrt(mean)
    parts: Shares = largest * (root + (squares - mean) / (2 * root))
    return parts


def f_shares(y: ArrayLike, called: ArrayLike, beta: float = 1.0) -> Shares:
    """Return each example's part of F-beta.

    F is the ratio `N / D` of two means, of `n_i = (1 + b²) [found]` and of
    `d_i = b² [positive] + [called positive]`. Part i is `F + (n_i - F d_i) / D`. The mean is F;
    where F is not defined, because nothing is positive nor called so, the parts are 0.

    Args:
        y: 0 or 1, `(examples,)`.
        called: Whether each example is called positive, `(examples,)`.
        beta: How many times as important recall is as precision, above 0.

    Returns:
        `(examples,)`.

    Raises:
        ArgumentError: If the shapes do not fit, or `beta` is out of range.

    Example:
        >>> shares = dlr.metrics.f_shares([0, 1, 1, 1], [0, 1, 1, 0])
        >>> shares.round(2).tolist(), float(shares.mean().round(2))  # F1 is 0.8
        ([0.8, 1.12, 1.12, 0.16], 0.8)
    """
    check_real("beta", beta, 0, low_open=True)
    labels, alarms = np.asarray(y).astype(bool), np.asarray(called).astype(bool)
    if labels.ndim != 1 or labels.shape != alarms.shape or not len(labels):
        raise ArgumentError(
            "Labels and decisions must be `(examples,)` each, at least one.",
            received=f"y.shape={labels.shape}, called.shape={alarms.shape}",
        )
    found = (1 + beta**2) * (labels & alarms)
    asked = beta**2 * labels + alarms
    if not asked.any():
        return np.zeros(len(labels))
    score = found.mean() / asked.mean()
    parts: Shares = score + (found - score * asked) / asked.mean()
    return parts
