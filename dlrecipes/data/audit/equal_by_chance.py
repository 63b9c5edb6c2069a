"""Whether rows are equal because inputs have few values, or because they were stored twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import poisson

from dlrecipes.data.audit.sample import sample_rows
from dlrecipes.data.columns import Columns
from dlrecipes.data.row_hashes import Hashes, row_hashes
from dlrecipes.data.split import Split

MOST_COLUMNS = 100
MOST_ROWS = 200_000
MOST_WORDS = 8
UNLIKELY = 0.02
DEPENDENT = 3.0
"""How many times as often a column repeats where the others do: columns tell of each other."""


def equal_by_chance(parts: Sequence[Split], keys: Hashes, labels: NDArray[np.int64]) -> bool:
    """Return whether chance explains the pairs of rows with equal inputs and different labels.

    Two people of the same age, sex and town are no copies: for each such pair there are many that
    are equal in all columns but one. A row that was stored twice has none of these. From the pairs
    that one column alone tells apart, and how often that column repeats, follows how many pairs
    nothing tells apart; a Poisson number of up to three times as many is chance.

    Args:
        parts: The parts; their inputs are columns, or arrays.
        keys: A number for each row, the same for the same inputs, of all rows one part after the
            other, `(rows,)`.
        labels: What the rows of a pair must differ in, such as the part, `(rows,)`.
    """
    some = sample_rows(len(labels), MOST_ROWS)
    columns = _columns(_picked(parts, some))
    if not 2 <= len(columns) <= MOST_COLUMNS:
        return False
    equal = _pairs(keys, labels)
    times = (len(labels) / len(some)) ** 2
    whole, label = np.zeros(len(some), np.uint64), labels[some]
    for place, hashes in enumerate(columns):
        whole += _weighed(hashes(), place)
    sampled = _pairs(whole, label)
    total = _pairs(np.zeros_like(whole), label) - sampled
    for place, hashes in enumerate(columns):
        own = _weighed(hashes(), place)
        repeats = (_pairs(own, label) - sampled) / max(total, 1)
        # Hashes are added, so that one of them can be taken out again.
        loose = _pairs(whole - own, label) - sampled
        if repeats < 1:
            expected = times * loose * repeats / (1 - repeats)
            if poisson.sf(equal - 1, DEPENDENT * expected) > UNLIKELY:
                return True
    return False


def _picked(parts: Sequence[Split], rows: NDArray[np.int64]) -> list[Split]:
    """Return of each part the rows that are wanted of all, one part after the other."""
    starts = np.cumsum([0, *(len(part) for part in parts)])
    if len(rows) == starts[-1]:
        return list(parts)
    own = [
        rows[(rows >= start) & (rows < end)] - start
        for start, end in zip(starts[:-1], starts[1:], strict=True)
    ]
    return [part.pick(kept) for part, kept in zip(parts, own, strict=True) if len(kept)]


def _columns(parts: Sequence[Split]) -> list[Callable[[], Hashes]]:
    """Return what makes a number for each row, column by column; none for images and the like.

    A text is as many columns as it has words, up to eight: two may differ in one word.
    """
    first = parts[0].x
    if isinstance(first, Columns):
        found: list[Callable[[], Hashes]] = []
        for name in first.names:
            words = max(_most_words(part.x[name]) for part in parts if isinstance(part.x, Columns))
            found += [partial(_hashed, parts, name, at, words) for at in range(words)]
        return found
    if first.ndim != 2:
        return []
    return [partial(_hashed, parts, place, 0, 1) for place in range(first.shape[1])]


def _most_words(values: NDArray[Any]) -> int:
    if values.dtype != object:
        return 1
    return min(1 + max(str(text).strip().count(" ") for text in values), MOST_WORDS)


def _hashed(parts: Sequence[Split], name: str | int, word: int, words: int) -> Hashes:
    """Return a number for each row's cell, or for one word of it; the last has what is left."""
    if not isinstance(name, str):
        return pd.util.hash_array(np.concatenate([part.array[:, name] for part in parts]) + 0.0)
    cells = [part.x[name] for part in parts if isinstance(part.x, Columns)]
    if words > 1:
        cells = [
            np.array(
                [[*text.split(None, words - 1), *[""] * words][word] for text in values], object
            )
            for values in cells
        ]
    return np.concatenate([row_hashes(Columns({name: values})) for values in cells])


def _weighed(hashes: Hashes, place: int) -> Hashes:
    """Return hashes that add up to different sums if two columns change places."""
    return hashes * np.uint64(2 * place + 1)


def _pairs(keys: Hashes, labels: NDArray[np.int64]) -> float:
    """Return the number of pairs with the same key and different labels."""
    codes = np.unique(keys, return_inverse=True)[1]
    joint = codes * np.int64(int(labels.max()) + 1) + labels
    same_key, same_both = (
        np.bincount(np.unique(each, return_inverse=True)[1]).astype(np.float64)
        for each in (codes, joint)
    )
    return float((same_key * (same_key - 1)).sum() - (same_both * (same_both - 1)).sum()) / 2
