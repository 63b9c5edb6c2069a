"""Images as a few grey numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BATCH = 256


def thumbnails(
    images: NDArray[np.float32], rows: NDArray[np.int64], side: int
) -> NDArray[np.float32]:
    """Return grey images of at most `side` pixels a side, flat, `(rows, pixels)`.

    Each pixel is the mean over channels and over the pixels that it stands for.

    Args:
        images: `(examples, height, width, channels)`.
        rows: The images wanted, at least one.
        side: Largest height and width, at least 1.
    """
    starts = range(0, len(rows), _BATCH)  # a copy of all images could be too large
    batches = [_shrunk(images[rows[start : start + _BATCH]], side) for start in starts]
    return np.concatenate(batches)


def _shrunk(images: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    small = images.mean(axis=-1)
    for axis in (1, 2):
        length = small.shape[axis]
        if length > side:
            borders = np.linspace(0, length, side + 1).astype(int)
            sums = np.add.reduceat(small, borders[:-1], axis=axis)
            shape = [1, 1, 1]
            shape[axis] = side
            small = sums / np.diff(borders).reshape(shape)
    return np.asarray(small.reshape(len(images), -1), dtype=np.float32)
