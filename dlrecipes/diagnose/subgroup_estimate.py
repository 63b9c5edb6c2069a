"""A mean with its interval."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from dlrecipes.results import Estimate


def estimate(
    values: NDArray[Any], *, confidence: float = 0.95, root: bool = False
) -> Estimate | None:
    """Return the mean of `values` with its interval; None if they are too few to have one.

    A share has Wilson's interval, which stays inside 0 and 1 and has a width also where all
    examples agree. Other means have Student's, and the root of a mean the roots of its ends.

    Args:
        values: Booleans, whose mean is a share, or numbers, `(examples,)`.
        confidence: How often the interval shall hold the true value, in (0, 1).
        root: Whether the square root of the mean is wanted; the numbers are squares then.

    Reference:
        Wilson 1927, Probable Inference, the Law of Succession, and Statistical Inference.
    """
    count = len(values)
    if values.dtype == bool:
        if not count:
            return None
        share = stats.binomtest(int(values.sum()), count)
        interval = share.proportion_ci(confidence, method="wilson")
        return Estimate(float(values.mean()), float(interval.low), float(interval.high), count)
    if count < 2:
        return None
    mean = float(values.mean(dtype=np.float64))
    error = float(values.std(ddof=1, dtype=np.float64)) / math.sqrt(count)
    half = float(stats.t.ppf((1 + confidence) / 2, count - 1)) * error
    low, high = mean - half, mean + half
    if root:
        mean, low, high = (math.sqrt(max(end, 0.0)) for end in (mean, low, high))
    return Estimate(mean, low, high, count)
