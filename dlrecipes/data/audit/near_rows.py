"""Rows of a table that differ in the last digits, in upper case or in spaces only."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlrecipes.data.audit.feature_columns import FeatureColumn, feature_columns
from dlrecipes.data.audit.near_pairs import NearPairs
from dlrecipes.data.row_hashes import Hashes, join_hashes, row_hashes
from dlrecipes.data.split import Split
from dlrecipes.results import DataSpec, plural

TOLERANCE = 1e-3
"""How far apart numbers of a close pair are, in interquartile ranges of the column."""
STEP = 10
"""Width of the rings of pairs that are further apart, each in widths of the one inside."""
CELL = STEP**2
"""Width of a cell in tolerances."""
MOST_KEYS = 30
MOST_PAIRS = 200_000


def near_rows(train: Split, validation: Split, spec: DataSpec) -> NearPairs:
    """Return the pairs with the same categories and texts and almost the same numbers.

    All rows are compared: of those that fall into one cell of a grid, 100 tolerances wide, the ones
    within the tolerance in every column are close. A second grid, shifted by half a cell, finds
    most pairs that a border of the first one parts.

    Args:
        train: The training part of a table.
        validation: The validation part.
        spec: The raw data's description.
    """
    columns = list(feature_columns(train, validation, spec, texts=True))
    exact = row_hashes(train.x), row_hashes(validation.x)
    firsts = [np.unique(one, return_index=True)[1] for one in exact]
    numbers = [_Grid(one, *firsts) for one in columns if one.kind != "category"]
    texts = [_normalised(one, *firsts) for one in columns if one.kind == "category"]
    # A pair must fall into one cell of every column, so the more columns, the more are missed.
    places = np.linspace(0, len(numbers), MOST_KEYS, endpoint=False).astype(int)
    keys = [numbers[place] for place in np.unique(places)] if numbers else []
    pairs = np.concatenate([_in_one_cell(texts, keys, shift) for shift in (0.0, 0.5)])
    numbered = pd.unique(pairs[:, 0] * np.int64(len(validation)) + pairs[:, 1])
    pairs = np.stack(np.divmod(np.sort(numbered), len(validation)), axis=-1)
    equal = exact[0][firsts[0]][pairs[:, 0]] == exact[1][firsts[1]][pairs[:, 1]]
    apart = np.zeros(len(pairs))
    for grid in numbers:
        apart = np.maximum(apart, grid.distances(pairs))
    apart[equal] = np.inf
    found = pairs[apart <= 1]
    near = int(((apart > 1) & (apart <= STEP)).sum())
    far = int(((apart > STEP) & (apart <= CELL)).sum())
    rows = np.stack([first[found[:, side]] for side, first in enumerate(firsts)], axis=-1)
    looked_at = f"all {len(train):,} training and {plural(len(validation), 'validation row')}"
    return NearPairs(rows, near, far, STEP, int(equal.sum()), looked_at)


class _Grid:
    """A column of numbers in units of its tolerance."""

    def __init__(
        self, column: FeatureColumn, train: NDArray[np.int64], validation: NDArray[np.int64]
    ) -> None:
        known = column.train[~np.isnan(column.train)]
        known = known if len(known) else np.zeros(1)
        low, middle, high = np.quantile(known, [0.25, 0.5, 0.75])
        if low == high and (known != low).any():  # mostly one value
            low, high = np.quantile(known[known != low], [0.25, 0.75])
        spread = float(high - low) or float(known.std(dtype=np.float64)) or 1.0
        self._parts = [
            (part[rows].astype(np.float64) - middle) / (spread * TOLERANCE)
            for part, rows in ((column.train, train), (column.validation, validation))
        ]

    def cells(self, side: int, shift: float) -> Hashes:
        cells = np.floor(self._parts[side] / CELL + shift)
        # Far outside, or missing: cells of their own.
        whole = np.nan_to_num(np.clip(cells, -(2.0**60), 2.0**60), nan=2.0**61)
        return pd.util.hash_array(whole.astype(np.int64))

    def distances(self, pairs: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return how many tolerances the numbers of each pair are apart."""
        first, second = self._parts[0][pairs[:, 0]], self._parts[1][pairs[:, 1]]
        both_missing = np.isnan(first) & np.isnan(second)
        return np.where(both_missing, 0.0, np.nan_to_num(np.abs(first - second), nan=np.inf))


def _normalised(
    column: FeatureColumn, train: NDArray[np.int64], validation: NDArray[np.int64]
) -> tuple[Hashes, Hashes]:
    """Return a number for each text, the same whatever its case and spaces."""
    values = np.concatenate([column.train[train], column.validation[validation]])
    codes, names = pd.factorize(values)
    plain = np.array([" ".join(name.casefold().split()) for name in names], dtype=object)
    hashed = pd.util.hash_array(plain)[codes]
    return hashed[: len(train)], hashed[len(train) :]


def _in_one_cell(
    texts: list[tuple[Hashes, Hashes]], grids: list[_Grid], shift: float
) -> NDArray[Any]:
    """Return the pairs with the same texts and cells, `(pairs, 2)`, at most 200,000."""
    train, validation = (
        join_hashes([*(one[side] for one in texts), *(one.cells(side, shift) for one in grids)])
        for side in (0, 1)
    )
    order = np.argsort(train, kind="stable")
    ordered = train[order]
    starts = np.searchsorted(ordered, validation, side="left")
    counts = np.searchsorted(ordered, validation, side="right") - starts
    rows = np.flatnonzero(counts)
    # Where there are more, some rows stand for all.
    rows = np.random.default_rng(0).permutation(rows)
    rows = rows[np.cumsum(counts[rows]) <= MOST_PAIRS]
    counts = counts[rows]
    places = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.stack(
        [order[np.repeat(starts[rows], counts) + places], np.repeat(rows, counts)], axis=-1
    )
