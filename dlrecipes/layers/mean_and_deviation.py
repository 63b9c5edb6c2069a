"""Mean and standard deviation of columns with missing values."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def mean_and_deviation(
    x: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean and the standard deviation of every column, NaN ignored.

    Args:
        x: Numbers `(examples, columns)`, NaN where missing.

    Returns:
        The means and the standard deviations (divided by n), `(columns,)` each; 0 and 0 for a
        column that is all NaN.
    """
    known = ~np.isnan(x)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, x, 0.0).sum(axis=0) / count
    # In two passes: the mean of the squares minus the square of the mean would cancel.
    centred = np.where(known, x - mean, 0.0)
    return mean, np.sqrt((centred**2).sum(axis=0) / count)
