"""One part of the data."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.data.columns import Columns
from dlrecipes.data.inputs import as_array
from dlrecipes.errors import DataError


@dataclass(frozen=True, eq=False, repr=False)
class Split:
    """One part of the data, in memory: all arrays have one row an example.

    A part owns its memory: a view is copied, because a view's `.base` would lead from one part
    to the rows of another.

    Args:
        x: Inputs, `(examples, …)`, or the named columns of a table (`Columns`, or a dictionary of
            arrays).
        y: Targets, `(examples,)`: class indices from 0, or values.
        sample_weight: Weights of the examples, `(examples,)`, or None.
        ids: What a row is called in reports, `(examples,)`; row numbers of the source if from
            `from_arrays`, or None.
        groups: The group (patient, family, …) of each example, `(examples,)`, or None.
        time: The time of each example, `(examples,)`, or None.

    Raises:
        DataError: If there are no examples, or if the lengths differ.
    """

    x: NDArray[Any] | Columns
    y: NDArray[Any]
    sample_weight: NDArray[Any] | None = None
    ids: NDArray[Any] | None = None
    groups: NDArray[Any] | None = None
    time: NDArray[Any] | None = None

    def __post_init__(self) -> None:
        for entry in fields(self):
            value = getattr(self, entry.name)
            if entry.name == "x" and isinstance(value, dict | Columns):
                object.__setattr__(self, "x", Columns(dict(value.items())))
            elif value is not None:
                object.__setattr__(self, entry.name, _owned_array(entry.name, value))
        lengths = {
            entry.name: len(getattr(self, entry.name))
            for entry in fields(self)
            if getattr(self, entry.name) is not None
        }
        if len(set(lengths.values())) > 1:
            received = ", ".join(f"{name}: {length} rows" for name, length in lengths.items())
            raise DataError("All arrays of a split must have the same length.", received=received)
        if not len(self.x):
            raise DataError(
                "A split must have at least one example.", received=f"x.shape={self.x.shape}"
            )

    @property
    def array(self) -> NDArray[Any]:
        """The inputs of a part that is no raw table.

        Raises:
            DataError: If they are the columns of a table.
        """
        if isinstance(self.x, Columns):
            raise DataError(
                "These inputs must be one array.",
                received=f"the columns {', '.join(self.x.names)}",
                fix="Preprocess the table first: `splits.with_preprocess(TablePreprocess(…))`.",
            )
        return self.x

    def __len__(self) -> int:
        return len(self.x)

    def __repr__(self) -> str:
        if isinstance(self.x, Columns):
            return f"Split({len(self)} examples, x: {', '.join(self.x.names)})"
        return f"Split({len(self)} examples, x: {self.x.shape[1:]} {self.x.dtype})"


def _owned_array(name: str, values: object) -> NDArray[Any]:
    array = as_array(name, values)
    if array.ndim == 0:
        raise DataError(f"`{name}` must be an array with one row an example.", received=str(array))
    if array.base is None:
        return array
    return np.array(array, copy=True, order="C", subok=False)
