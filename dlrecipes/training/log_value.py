"""A metric's value as a number."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def log_value(value: ArrayLike) -> float:
    """Return what Keras logs of a metric as a number.

    `keras.metrics.F1Score` of one unit gives an array of one value.

    Args:
        value: A number, or an array or tensor of a single one.

    Raises:
        ValueError: If there are several.
    """
    return float(np.asarray(value).reshape(()))
