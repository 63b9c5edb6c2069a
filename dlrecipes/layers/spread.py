"""When a column counts as constant."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def varies(spread: NDArray[np.float64], size: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return for each column whether its spread is more than float32 rounding.

    Args:
        spread: A standard deviation or half a range, at least 0, `(columns,)`.
        size: How large the numbers are in which it was measured, such as their mean's absolute
            value, `(columns,)`.

    Returns:
        True where `spread` exceeds the relative precision of float32 at `size` and is a normal
        float32 number, `(columns,)`.
    """
    limits = np.finfo(np.float32)
    return spread > np.maximum(float(limits.eps) * size, float(limits.tiny))
