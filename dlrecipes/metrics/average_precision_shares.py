"""What each example adds to the average precision, for paired comparisons."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlrecipes.errors import ArgumentError


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
        >>> spec = dlr.data.load("breast_cancer").raw_spec
        >>> y = np.array([0, 1, 0, 1])
        >>> predictions = np.array([[0.9, 0.1], [0.6, 0.4], [0.5, 0.5], [0.2, 0.8]])
        >>> dlr.metrics.average_precision_shares(y, predictions, spec).round(3).tolist()
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
