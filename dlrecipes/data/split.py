"""One part of the data."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.data.check_weights import check_weights
from dlrecipes.data.columns import Columns
from dlrecipes.data.inputs import as_array
from dlrecipes.errors import DataError
from dlrecipes.results import plural


@dataclass(frozen=True, eq=False, repr=False)
class Split:
    """One part of the data, in memory: all arrays have one row an example.

    A part owns its memory: a view is copied, because a view's `.base` would lead from one part
    to the rows of another.

    Args:
        x: Inputs, `(examples, …)`, or the named columns of a table (`Columns`, or a dictionary of
            arrays).
        y: Targets, `(examples,)`: class indices from 0, or values; of several targets both,
            `(examples, targets)`, NaN where missing.
        sample_weight: Weights of the examples, `(examples,)`, at least 0, or None.
        ids: What a row is called in reports, `(examples,)`; row numbers of the source if from
            `from_arrays`, or None.
        groups: The group (patient, family, series, …) of each example, `(examples,)`, or None.
        time: The time of each example, `(examples,)`, or None.
        subgroups: The subgroups that the score is compared over, named text columns, one row an
            example (`Columns`, or a dictionary), or None.

    Raises:
        DataError: If there are no examples, if the lengths differ, if a weight is negative or not
            finite, or if a subgroup is no text.

    Example:
        >>> part = dlr.data.Split(np.array([[0.5], [1.5], [2.5]]), np.array([0, 1, 1]))
        >>> part
        Split(3 examples, x: (1,) float64)
        >>> part.pick(np.array([2, 0])).x.tolist()
        [[2.5], [0.5]]
    """

    x: NDArray[Any] | Columns
    y: NDArray[Any]
    sample_weight: NDArray[Any] | None = None
    ids: NDArray[Any] | None = None
    groups: NDArray[Any] | None = None
    time: NDArray[Any] | None = None
    subgroups: Columns | None = None

    def __post_init__(self) -> None:
        for entry in fields(self):
            value = getattr(self, entry.name)
            if entry.name in ("x", "subgroups") and isinstance(value, dict | Columns):
                columns = value if isinstance(value, Columns) else Columns(value)
                object.__setattr__(self, entry.name, columns)
            elif value is not None:
                object.__setattr__(self, entry.name, _owned_array(entry.name, value))
        lengths = {
            entry.name: len(getattr(self, entry.name))
            for entry in fields(self)
            if getattr(self, entry.name) is not None
        }
        if len(set(lengths.values())) > 1:
            received = ", ".join(
                f"{name}: {plural(length, 'row')}" for name, length in lengths.items()
            )
            raise DataError("All arrays of a split must have the same length.", received=received)
        if not len(self.x):
            raise DataError(
                "A split must have at least one example.", received=f"x.shape={self.x.shape}"
            )
        if self.sample_weight is not None:
            check_weights(self.sample_weight)
        if self.subgroups is not None:
            _check_subgroups(self.subgroups)

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

    def pick(self, rows: NDArray[np.int64]) -> Split:
        """Return some of the examples.

        Args:
            rows: Their numbers, from 0, in any order, also repeatedly, `(picked,)`.
        """
        given = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        picked: dict[str, Any] = {name: one[rows] for name, one in given.items() if one is not None}
        return Split(**picked)

    def joined(self, other: Split) -> Split:
        """Return both parts' examples, these first; what one of the two lacks is left out.

        Args:
            other: Another part of the same data.
        """
        joined: dict[str, Any] = {}
        for entry in fields(self):
            first, second = getattr(self, entry.name), getattr(other, entry.name)
            if isinstance(first, Columns) and second is not None:
                joined[entry.name] = Columns(
                    {name: np.concatenate([mine, second[name]]) for name, mine in first.items()},
                    wide=first.wide,
                )
            elif first is not None and second is not None:
                joined[entry.name] = np.concatenate([first, second])
        return Split(**joined)

    def __len__(self) -> int:
        return len(self.x)

    def __repr__(self) -> str:
        if isinstance(self.x, Columns):
            return f"Split({len(self)} examples, x: {', '.join(self.x.names)})"
        return f"Split({len(self)} examples, x: {self.x.shape[1:]} {self.x.dtype})"


def _check_subgroups(subgroups: object) -> None:
    if not isinstance(subgroups, Columns):
        raise DataError(
            "`subgroups` must be named columns.", received=f"a {type(subgroups).__name__}"
        )
    numbers = [name for name, dtype in subgroups.dtypes.items() if dtype != "string"]
    if numbers:
        raise DataError(
            "`subgroups` must be names, so text.",
            received=f"numbers in {', '.join(map(repr, numbers))}",
            fix="`from_table(…, subgroup=[…])` names groups of numbers by their quartiles.",
        )


def _owned_array(name: str, values: object) -> NDArray[Any]:
    array = as_array(name, values)
    if array.ndim == 0:
        raise DataError(f"`{name}` must be an array with one row an example.", received=str(array))
    if array.base is None:
        return array
    return np.array(array, copy=True, order="C", subok=False)
