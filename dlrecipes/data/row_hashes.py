"""A number for each row, the same for the same inputs."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlrecipes.data.columns import Columns

Hashes = NDArray[np.uint64]
_FACTOR = np.uint64(0x9E3779B97F4A7C15)


def row_hashes(x: NDArray[Any] | Columns) -> Hashes:
    """Return 64 bits for each row: the same numbers, texts and gaps, the same bits.

    Two different rows among a million have the same bits with a probability of 3e-8.

    Args:
        x: Inputs, `(examples, …)`, or the columns of a table.
    """
    if isinstance(x, Columns):
        return join_hashes([_hashed(values) for _, values in x.items()])
    # Adding 0.0 turns -0.0, which equals 0.0 in other bytes, into 0.0.
    digests = [hashlib.blake2b((row + 0.0).tobytes(), digest_size=8).digest() for row in x]
    return np.array([int.from_bytes(one) for one in digests], dtype=np.uint64)


def join_hashes(hashes: list[Hashes]) -> Hashes:
    """Return a number for each row that depends on all of its hashes and on their order.

    Args:
        hashes: One array a column, `(examples,)`, at least one.
    """
    joined = np.zeros_like(hashes[0])
    for one in hashes:
        joined ^= one
        joined *= _FACTOR  # of unsigned numbers: what overflows is dropped
        joined ^= joined >> np.uint64(29)
    return joined


def _hashed(values: NDArray[Any]) -> Hashes:
    if values.dtype != object:
        values = values + 0.0
        values[np.isnan(values)] = np.nan  # of the many bit patterns that are no number, one
    return pd.util.hash_array(values)
