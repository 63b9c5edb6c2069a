"""A few examples that stand for all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def few_rows(
    targets: Sequence[NDArray[Any]], sample_weight: NDArray[Any] | None, count: int
) -> NDArray[np.int64]:
    """Return the rows of a few examples of all classes, the same each time.

    They are sorted by class, so that the first half of them is made up differently from the
    second: a metric of batches is then not the mean of what it is for the halves. Of several
    targets there are the examples of each, and the halves of theirs in the two halves.

    Args:
        targets: Each `(examples,)` or `(examples, 1)`, of floats perhaps with NaN where they are
            missing; of others, such as one-hot labels `(examples, classes)`, the first examples
            are taken.
        sample_weight: Weights `(examples,)`, over which the rows of a class spread; or None.
        count: How many at most of each target, at least 2; of more classes (or values) some are
            left out.
    """
    rows = [_of_target(target, sample_weight, count) for target in targets]
    low = [one[: len(one) // 2] for one in rows]
    high = [one[len(one) // 2 :] for one in rows]
    return np.concatenate(low + high)


def _of_target(
    y: NDArray[Any], sample_weight: NDArray[Any] | None, count: int
) -> NDArray[np.int64]:
    """Return rows in which a target is known, sorted by it."""
    values = np.unique(y[y == y])  # noqa: PLR0124 - NaN alone is not equal to itself
    if y.size != len(y) or not values.size:
        return np.arange(min(count, len(y)))
    y = y.reshape(-1)
    classes = [np.flatnonzero(y == value) for value in _spread(values, count)]
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
