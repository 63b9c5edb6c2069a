"""What each example adds to a score that is no mean over examples, for paired comparisons.

A smooth function of means, such as the root of one or the ratio of two, is close to its tangent
where the examples are many. The tangent is a mean over examples again: its parts have the score
itself as their mean, and their spread is the noise of the score (the delta method).

Reference:
    Hampel 1974, The Influence Curve and Its Role in Robust Estimation; van der Vaart 1998,
    Asymptotic Statistics, chapters 3 and 20.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlrecipes.checks import check_real
from dlrecipes.errors import ArgumentError

Shares = NDArray[np.float64]


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
