"""Images, and other arrays, that are almost the same."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dlrecipes.data.audit.near_pairs import NearPairs
from dlrecipes.data.audit.sample import sample_rows
from dlrecipes.data.audit.thumbnails import thumbnails
from dlrecipes.data.row_hashes import row_hashes
from dlrecipes.data.split import Split

MOST_TRAIN, MOST_VALIDATION = 20_000, 4_000
SIDE = 16
CLOSE = 0.05
"""Distance of two thumbnails of length 1: a correlation of 0.99875."""
LOOSE = 2 * CLOSE
_BATCH = 500


def near_images(train: Split, validation: Split) -> NearPairs:
    """Return the pairs whose thumbnails are almost the same up to brightness and contrast.

    A thumbnail has at most 16 × 16 grey pixels. Of arrays that are no images, at most 256
    features are compared, each standardised.

    Args:
        train: The training part, images `(examples, height, width, channels)` or `(examples, …)`.
        validation: The validation part.
    """
    rows = sample_rows(len(train), MOST_TRAIN), sample_rows(len(validation), MOST_VALIDATION)
    x = train.array[rows[0]], validation.array[rows[1]]
    first, second = (_unit(one) for one in _features(*x))
    pairs, distances = [], []
    for start in range(0, len(second), _BATCH):
        likeness = second[start : start + _BATCH] @ first.T
        # |a - b|² = 2 - 2ab for vectors of length 1; rounding may leave it below 0.
        found = np.argwhere(likeness >= 1 - LOOSE**2 / 2)
        squares = 2 - 2 * likeness[found[:, 0], found[:, 1]].astype(np.float64)
        distances.append(np.sqrt(np.maximum(squares, 0)))
        pairs.append(found[:, ::-1] + [0, start])
    found, distance = np.concatenate(pairs), np.concatenate(distances)
    equal = row_hashes(x[0])[found[:, 0]] == row_hashes(x[1])[found[:, 1]]
    close = found[~equal & (distance <= CLOSE)]
    looked_at = f"{len(x[0]):,} training and {len(x[1]):,} validation examples"
    names = np.stack([kept[close[:, side]] for side, kept in enumerate(rows)], axis=-1)
    return NearPairs(names, int((~equal).sum()), 0, looked_at)


def _features(
    train: NDArray[np.float32], validation: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    if train.ndim == 4:
        return thumbnails(train, SIDE), thumbnails(validation, SIDE)
    flat = [part.reshape(len(part), -1) for part in (train, validation)]
    places = np.unique(np.linspace(0, flat[0].shape[1] - 1, SIDE**2).astype(int))
    first, second = (part[:, places] for part in flat)
    spread = first.std(axis=0) + 1e-12
    return (first - first.mean(axis=0)) / spread, (second - first.mean(axis=0)) / spread


def _unit(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return rows without their mean, of length 1; constant ones become zeros."""
    centred = features - features.mean(axis=1, keepdims=True)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    scale = np.abs(features).max(axis=1, keepdims=True)
    flat = length <= 1e-5 * scale
    return np.asarray(np.where(flat, 0.0, centred / np.where(flat, 1.0, length)), np.float32)
