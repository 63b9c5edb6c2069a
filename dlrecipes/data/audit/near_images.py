"""Images, and other arrays, that are almost the same."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.random_projection import SparseRandomProjection

from dlrecipes.data.audit.near_pairs import NearPairs
from dlrecipes.data.audit.sample import sample_rows
from dlrecipes.data.audit.thumbnails import thumbnails
from dlrecipes.data.row_hashes import row_hashes
from dlrecipes.data.split import Split
from dlrecipes.results import plural

MOST_TRAIN, MOST_VALIDATION = 20_000, 4_000
SIDE = 16
CLOSE = 0.05
"""Distance of two thumbnails of length 1: a correlation of 0.99875."""
STEP = 2.0
_BATCH = 500

Features = NDArray[np.float32]


def near_images(train: Split, validation: Split) -> NearPairs:
    """Return the pairs whose thumbnails are almost the same up to brightness and contrast.

    A thumbnail has at most 16 × 16 grey pixels. Of arrays that are no images, the features are
    compared, each divided by its standard deviation; more than 256 are projected at random.

    Args:
        train: The training part, images `(examples, height, width, channels)` or `(examples, …)`.
        validation: The validation part.
    """
    rows = sample_rows(len(train), MOST_TRAIN), sample_rows(len(validation), MOST_VALIDATION)
    if train.array.ndim == 4:
        features = [
            thumbnails(part.array, some, SIDE)
            for part, some in zip((train, validation), rows, strict=True)
        ]
    else:
        features = _projected(train.array[rows[0]], validation.array[rows[1]])
    first, second = (_unit(one) for one in features)
    pairs, distances = [], []
    far = 0
    for start in range(0, len(second), _BATCH):
        likeness = second[start : start + _BATCH] @ first.T
        # |a - b|² = 2 - 2ab for vectors of length 1; rounding may leave it below 0.
        near = np.argwhere(likeness >= 1 - (STEP * CLOSE) ** 2 / 2)
        far += int(np.count_nonzero(likeness >= 1 - (STEP**2 * CLOSE) ** 2 / 2)) - len(near)
        squares = 2 - 2 * likeness[near[:, 0], near[:, 1]].astype(np.float64)
        distances.append(np.sqrt(np.maximum(squares, 0)))
        pairs.append(near[:, ::-1] + [0, start])
    found, distance = np.concatenate(pairs), np.concatenate(distances)
    names = np.stack([some[found[:, side]] for side, some in enumerate(rows)], axis=-1)
    equal = _hashes(train, names[:, 0]) == _hashes(validation, names[:, 1])
    looked_at = f"{len(rows[0]):,} training and {plural(len(rows[1]), 'validation example')}"
    close = distance <= CLOSE
    wider = int((~equal & ~close).sum())
    return NearPairs(names[~equal & close], wider, far, STEP, 0, looked_at)


def _projected(train: Features, validation: Features) -> list[Features]:
    flat = [part.reshape(len(part), -1) for part in (train, validation)]
    mean, spread = flat[0].mean(axis=0), flat[0].std(axis=0)
    weights = np.where(spread > 0, 1 / np.where(spread > 0, spread, 1), 0).astype(np.float32)
    if len(mean) <= SIDE**2:
        return [(part - mean) * weights for part in flat]
    projection = SparseRandomProjection(SIDE**2, random_state=0).fit(flat[0][:1])
    matrix = projection.components_.multiply(weights).tocsr().astype(np.float32).T
    return [part @ matrix - mean @ matrix for part in flat]


def _unit(features: Features) -> Features:
    """Return rows without their mean, of length 1; constant ones become zeros."""
    centred = features - features.mean(axis=1, keepdims=True)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    flat = length <= 1e-5 * np.abs(features).max(axis=1, keepdims=True)
    return np.asarray(np.where(flat, 0.0, centred / np.where(flat, 1.0, length)), np.float32)


def _hashes(part: Split, rows: NDArray[np.int64]) -> NDArray[np.uint64]:
    wanted, places = np.unique(rows, return_inverse=True)
    return row_hashes(part.array[wanted])[places]
