"""What the checks look at: features one by one, hashes and samples of rows, small images."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import poisson

from dlrecipes.data.parts.columns import Columns
from dlrecipes.data.parts.several_inputs import Inputs, row_bytes
from dlrecipes.data.parts.split import Split
from dlrecipes.data.sources import parse_dates
from dlrecipes.results import DataSpec

_DAY = pd.Timedelta(days=1)


@dataclass(frozen=True, eq=False)
class FeatureColumn:
    """One column of training and validation part.

    Args:
        name: The column's name; its number in an array.
        kind: Numbers, dates (as days since 1970) or categories.
        train: Numbers with NaN for a missing one, or text with `""`, `(training examples,)`.
        validation: The same, `(validation examples,)`.
    """

    name: str
    kind: Literal["number", "date", "category"]
    train: NDArray[Any]
    validation: NDArray[Any]

    @property
    def both(self) -> NDArray[Any]:
        """The training examples' values, then the validation examples'."""
        return np.concatenate([self.train, self.validation])


def feature_columns(
    train: Split,
    validation: Split,
    spec: DataSpec,
    *,
    most: int | None = None,
    texts: bool = False,
) -> Iterator[FeatureColumn]:
    """Yield columns, usually without those of text.

    Args:
        train: The training part.
        validation: The validation part.
        spec: The raw data's description.
        most: How many features of an array are enough, evenly spaced; None for all.
        texts: Whether columns of text are yielded, too, each text a category.
    """
    if isinstance(train.x, Columns) and isinstance(validation.x, Columns):
        kinds = {column.name: column.kind for column in spec.columns}
        for name, values in train.x.items():
            others = validation.x[name]
            if values.dtype != object:
                yield FeatureColumn(name, "number", values, others)
            elif kinds.get(name) == "date":
                yield FeatureColumn(name, "date", _days(values), _days(others))
            elif texts or kinds.get(name) != "text":
                yield FeatureColumn(name, "category", values, others)
        return
    first, second = (part.array.reshape(len(part), -1) for part in (train, validation))
    width = first.shape[1]
    count = width if most is None else min(width, most)
    for place in np.linspace(0, width - 1, count).astype(int):
        yield FeatureColumn(str(place), "number", first[:, place], second[:, place])


def _days(texts: NDArray[Any]) -> NDArray[np.float64]:
    dates = parse_dates(pd.Series(texts, dtype="str").replace("", None))
    return np.asarray((dates - pd.Timestamp(0)) / _DAY, dtype=np.float64)


Hashes = NDArray[np.uint64]
_FACTOR = np.uint64(0x9E3779B97F4A7C15)


def row_hashes(x: NDArray[Any] | Columns | Inputs) -> Hashes:
    """Return 64 bits for each row: the same numbers, texts and gaps, the same bits.

    Two different rows among a million have the same bits with a probability of 3e-8.

    Args:
        x: Inputs, `(examples, …)`, the columns of a table, or several inputs.
    """
    if isinstance(x, Columns):
        return join_hashes([_hashed(values) for _, values in x.items()])
    digests = [hashlib.blake2b(row, digest_size=8).digest() for row in row_bytes(x)]
    return np.array([int.from_bytes(digest) for digest in digests], dtype=np.uint64)


def join_hashes(hashes: list[Hashes]) -> Hashes:
    """Return a number for each row that depends on all of its hashes and on their order.

    Args:
        hashes: One array a column, `(examples,)`, at least one.
    """
    joined = np.zeros_like(hashes[0])
    for column_hashes in hashes:
        joined ^= column_hashes
        joined *= _FACTOR  # of unsigned numbers: what overflows is dropped
        joined ^= joined >> np.uint64(29)
    return joined


def _hashed(values: NDArray[Any]) -> Hashes:
    if values.dtype != object:
        values = values + 0.0
        values[np.isnan(values)] = np.nan  # of the many bit patterns that are no number, one
    return pd.util.hash_array(values)


def sample_rows(examples: int, most: int) -> NDArray[np.int64]:
    """Return the numbers of at most so many rows, the same ones each time, rising.

    Args:
        examples: How many rows there are.
        most: How many are enough, at least 1.
    """
    if examples <= most:
        return np.arange(examples)
    return np.sort(np.random.default_rng(0).choice(examples, most, replace=False))


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


UNLIKELY = 0.02
SLACK = 3.0
"""Examples lie more densely here than there: up to so many times the close pairs are chance."""


@dataclass(frozen=True, eq=False)
class NearPairs:
    """Pairs of a training and a validation example, without exact copies.

    Args:
        rows: Training row and validation row of each close pair, `(pairs, 2)`.
        near: Pairs that are further apart, up to `step` times as far.
        far: Pairs that are further apart than those, again up to `step` times as far.
        step: How many times as wide each ring is as the one inside it, above 1.
        equal: Exact copies, which say how often examples are the same anyway.
        looked_at: What was compared, for the verdict.
    """

    rows: NDArray[np.int64]
    near: int
    far: int
    step: float
    equal: int
    looked_at: str

    @property
    def expected(self) -> float:
        """How many close pairs the others lead to expect.

        Examples that vary in d directions have `step ** d` times as many neighbours at `step` times
        the distance. The two rings say what that number is, one direction at the least; and so, how
        many close pairs belong to the inner ring. Those that were stored twice with a small change
        are in neither.
        """
        growth = max(self.far / self.near if self.near else self.step, self.step)
        return self.near / (growth - 1)

    @property
    def by_chance(self) -> bool:
        """Whether there are no more close pairs than the others lead to expect."""
        expected = SLACK * self.expected + self.equal
        return bool(poisson.sf(len(self.rows) - 1, expected) > UNLIKELY)
