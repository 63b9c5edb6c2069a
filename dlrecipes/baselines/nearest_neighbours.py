"""Nearest neighbours."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.baselines.budget import Budget
from dlrecipes.baselines.predictor import (
    LARGE,
    MAX_ROWS,
    Choice,
    FittedModel,
    Predictor,
    choose_on_validation,
    compact,
    encode,
    join_notes,
    rows_note,
    training_matrix,
)
from dlrecipes.data import Development
from dlrecipes.targets import kind_of

NEIGHBOURS = (1, 3, 5, 9, 15, 25)
_AT_ONCE = 2048
_LEAST_ROWS = 1000
_FEW = 256
_QUICK = 1e9
"""Multiplications of a search that nobody has to time first."""


def fit_nearest_neighbours(
    development: Development,
    *,
    seed: int = 0,
    budget: Budget | None = None,
    choice: Choice | None = None,
) -> dict[str, FittedModel]:
    """Return the nearest neighbour alone, and as many as the validation part prefers.

    The columns of a table are standardised first; pixels share one scale and stay as they are.
    Of more than 20,000 training rows they remember 20,000, drawn with `seed`; fewer where a search
    among these would outlast the budget. Both ask once.

    Args:
        development: Training and validation part.
        seed: Seed of that draw, at least 0.
        budget: What the search may take; None for the usual.
        choice: What was chosen before: nothing is searched; None to choose.

    Returns:
        `"nearest neighbour"` and `"nearest neighbours"`.
    """
    budget, choice = budget or Budget(), choice or {}
    kind, train = kind_of(development.model_spec.target), development.train
    memory = _Memory(development, seed, round(choice.get("rows", MAX_ROWS)))
    if "rows" not in choice:
        affordable = memory.affordable_rows(budget)
        if affordable < memory.rows:
            memory = _Memory(development, seed, affordable)

    def fit(neighbours: int) -> Predictor:
        def predict(inputs: NDArray[Any]) -> NDArray[np.float64]:
            return kind.average(memory.nearest(inputs, budget)[:, :neighbours])

        return predict

    memory.nearest(development.validation.array, budget)  # what all of them need
    possible = [neighbours for neighbours in NEIGHBOURS if neighbours <= memory.rows]
    several = choose_on_validation(
        fit, possible, development, name="neighbours", budget=budget, known=choice.get("neighbours")
    )
    remembered = {"rows": memory.rows}
    note = rows_note(memory.rows, train)
    return {
        "nearest neighbour": FittedModel(fit(1), remembered, note),
        "nearest neighbours": replace(
            several,
            choice={**several.choice, **remembered},
            note=join_notes(note, several.note),
        ),
    }


class _Memory:
    """The training rows and their targets, and who asked last: the search is what takes time."""

    def __init__(self, development: Development, seed: int, rows: int) -> None:
        from sklearn.neighbors import NearestNeighbors
        from sklearn.preprocessing import StandardScaler

        self._spec, self._validation = development.model_spec, development.validation
        x, self._y = training_matrix(development.train, self._spec, seed=seed, most=rows)
        self.rows: int = x.shape[0]
        self._columns: int = x.shape[1]
        table = self._spec.kind == "table"
        self._scaler = StandardScaler(with_mean=table, with_std=table).fit(x)
        index = NearestNeighbors(n_neighbors=min(NEIGHBOURS[-1], self.rows))
        self._index = index.fit(compact(self._scaler.transform(x)))
        self._asked: NDArray[Any] | None = None
        self._targets = np.empty((0, 0))

    def affordable_rows(self, budget: Budget) -> int:
        """Return how many rows can be remembered, measured on a few validation rows."""
        inputs = self._validation.array
        if self.rows * self._columns * len(inputs) < _QUICK:
            return self.rows
        left = budget.left()
        began = time.monotonic()
        self._search(inputs[:_FEW], single=True)
        expected = (time.monotonic() - began) * len(inputs) / min(_FEW, len(inputs))
        if expected <= left:
            return self.rows
        return min(self.rows, max(_LEAST_ROWS, round(self.rows * left / expected)))

    def nearest(self, inputs: NDArray[Any], budget: Budget) -> NDArray[Any]:
        """Return the targets of the nearest training rows, the nearest first."""
        if self._asked is not inputs:
            single = len(inputs) * self._columns >= LARGE
            parts = []
            for start in range(0, len(inputs), _AT_ONCE):
                budget.tick(f"{start:,} of {len(inputs):,} rows")
                parts.append(self._search(inputs[start : start + _AT_ONCE], single=single))
            self._asked, self._targets = inputs, self._y[np.concatenate(parts)]
        return self._targets

    def _search(self, inputs: NDArray[Any], *, single: bool) -> NDArray[np.int64]:
        scaled = self._scaler.transform(encode(inputs, self._spec))
        kind = np.float32 if single else np.float64
        found: NDArray[np.int64] = self._index.kneighbors(
            scaled.astype(kind, copy=False), return_distance=False
        )
        return found
