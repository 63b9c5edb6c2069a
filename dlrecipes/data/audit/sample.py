"""A bounded part of the rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def sample_rows(examples: int, most: int) -> NDArray[np.int64]:
    """Return the numbers of at most so many rows, the same ones each time, rising.

    Args:
        examples: How many rows there are.
        most: How many are enough, at least 1.
    """
    if examples <= most:
        return np.arange(examples)
    return np.sort(np.random.default_rng(0).choice(examples, most, replace=False))
