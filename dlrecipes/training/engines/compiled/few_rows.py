"""A few examples that stand for all."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def few_rows(y: NDArray[Any], sample_weight: NDArray[Any] | None, count: int) -> NDArray[np.int64]:
    """Return the rows of a few examples of all classes, the same each time.

    They are sorted by class, so that the first half of them is made up differently from the
    second: a metric of batches is then not the mean of what it is for the halves.

    Args:
        y: Targets `(examples,)`; if each example has several, `(examples, targets)`, the first
            rows are taken.
        sample_weight: Weights `(examples,)`, over which the rows of a class spread; or None.
        count: How many at most, at least 2; of more classes (or values) some are left out.
    """
    if y.ndim > 1:
        return np.arange(min(count, len(y)))
    classes = [np.flatnonzero(y == value) for value in _spread(np.unique(y), count)]
    picked: list[NDArray[np.int64]] = []
    for done, rows in enumerate(sorted(classes, key=len)):
        # The frequent classes make up for those with fewer examples than their share.
        share = (count - sum(map(len, picked))) // (len(classes) - done)
        if sample_weight is not None:
            rows = rows[np.argsort(sample_weight[rows], kind="stable")]
        picked.append(_spread(rows, share))
    found = np.concatenate(picked)
    return found[np.argsort(y[found], kind="stable")]


def _spread(values: NDArray[Any], count: int) -> NDArray[Any]:
    """Return at most so many of the values, evenly from the first to the last."""
    places = np.linspace(0, len(values) - 1, min(count, len(values))).astype(int)
    spread: NDArray[Any] = values[places]
    return spread
