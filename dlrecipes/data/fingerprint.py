"""What stands for arrays, bit for bit."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.data.columns import Columns


def fingerprint(*arrays: NDArray[Any] | Columns) -> str:
    """Return 16 hexadecimal digits that stand for the arrays' names, shapes, dtypes and values."""
    digest = hashlib.sha256()
    for array in _flat(arrays):
        digest.update(f"{array.shape}{array.dtype.str}".encode())
        if array.dtype == object:  # whose bytes are addresses
            for text in array:
                encoded = text.encode()
                digest.update(len(encoded).to_bytes(8, "little") + encoded)
        else:
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:16]


def _flat(arrays: tuple[NDArray[Any] | Columns, ...]) -> Iterator[NDArray[Any]]:
    for one in arrays:
        if isinstance(one, Columns):
            for name, values in one.items():
                yield np.array([name])
                yield values
        else:
            yield one
