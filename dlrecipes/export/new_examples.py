"""Examples to predict, and what tells them apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlrecipes.data import Columns, Inputs
from dlrecipes.data.sources.plain_values import missing_markers
from dlrecipes.results import DataSpec, TableFile


@dataclass(frozen=True, eq=False)
class NewExamples:
    """Examples to predict, and what tells them apart.

    Args:
        x: Raw inputs, `(examples, …)`, or the columns of a table.
        key: A row an example: the file that it is of, or the times, series and identifiers of a
            table as they stand there. It has no columns where nothing tells the examples apart.
        to_come: Whether an example is one to come, `(examples,)`: in a series, one whose target is
            not known yet. All are where none is, or where there is no time.
    """

    x: NDArray[Any] | Columns | Inputs
    key: pd.DataFrame
    to_come: NDArray[np.bool_]

    @classmethod
    def named(
        cls, x: NDArray[Any] | Columns | Inputs, what: str = "", names: Sequence[str] = ()
    ) -> NewExamples:
        """Return examples that no table tells apart.

        Args:
            x: Their inputs.
            what: What each has a name as, such as `"image"`; empty for none.
            names: The names.
        """
        key = pd.DataFrame({what: list(names)} if what else {}, index=range(len(x)))
        return cls(x, key, np.ones(len(x), dtype=bool))

    @classmethod
    def of_table(cls, x: Columns, table: pd.DataFrame, spec: DataSpec) -> NewExamples:
        """Return the examples of a table.

        Args:
            x: Their inputs.
            table: The table as it was given, a row an example.
            spec: The raw data's spec.
        """
        names = {*spec.time, *spec.identifiers}
        key = table[[name for name in table.columns if name in names]].reset_index(drop=True)
        return cls(x, key, _to_come(table, spec))

    def only_to_come(self) -> NewExamples:
        """Return the examples to come."""
        rows = self.to_come
        if rows.all():
            return self
        return NewExamples(self.x[rows], self.key[rows].reset_index(drop=True), rows[rows])


def _to_come(table: pd.DataFrame, spec: DataSpec) -> NDArray[np.bool_]:
    file = spec.file or TableFile()
    targets = list(file.targets)
    if spec.lags is not None:
        targets = [target.name for target in spec.lags.targets]
    every = np.ones(len(table), dtype=bool)
    if not spec.time or not targets or not set(targets) <= set(table.columns):
        return every
    marks = [] if spec.lags is None else list(missing_markers(file.missing)[1])
    empty: NDArray[np.bool_] = np.logical_and.reduce(
        [(table[name].isna() | table[name].isin(marks)).to_numpy() for name in targets]
    )
    return empty if empty.any() else every
