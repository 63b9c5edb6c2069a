"""One part of the data, what must hold of its weights, and what stands for it bit for bit."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.data.parts.columns import Columns
from dlrecipes.data.parts.inputs import as_array
from dlrecipes.data.parts.several_inputs import Inputs
from dlrecipes.errors import DataError
from dlrecipes.results import plural


@dataclass(frozen=True, eq=False, repr=False)
class Split:
    """One part of the data, in memory: all arrays have one row an example.

    A part owns its memory: a view is copied, because a view's `.base` would lead from one part
    to the rows of another.

    Args:
        x: Inputs, `(examples, …)`; the named columns of a table (`Columns`, or a dictionary of
            arrays); or several inputs (`Inputs`).
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

    x: NDArray[Any] | Columns | Inputs
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
            elif value is not None and not isinstance(value, Inputs):
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
            _check_weights(self.sample_weight)
        if self.subgroups is not None:
            _check_subgroups(self.subgroups)

    @property
    def array(self) -> NDArray[Any]:
        """The inputs of a part that has a single array of them.

        Raises:
            DataError: If they are the columns of a table, or several arrays.
        """
        inputs = self.inputs
        if isinstance(inputs, Inputs):
            raise DataError(
                "This is for data with a single array of inputs.",
                received=f"the inputs {', '.join(inputs.names)}",
            )
        return inputs

    @property
    def inputs(self) -> NDArray[Any] | Inputs:
        """The inputs of a part that is no raw table: one array, or several.

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
        picked: dict[str, Any] = {
            name: values[rows] for name, values in given.items() if values is not None
        }
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
            elif isinstance(first, Inputs):
                joined[entry.name] = first.joined(second)
            elif first is not None and second is not None:
                joined[entry.name] = np.concatenate([first, second])
        return Split(**joined)

    def __len__(self) -> int:
        return len(self.x)

    def __repr__(self) -> str:
        if isinstance(self.x, Columns):
            return f"Split({len(self)} examples, x: {', '.join(self.x.names)})"
        if isinstance(self.x, Inputs):
            return f"Split({len(self)} examples, x: {self.x})"
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
            fix="`ColumnRules(subgroup=[…])` names groups of numbers by their quartiles.",
        )


def _owned_array(name: str, values: object) -> NDArray[Any]:
    array = as_array(name, values)
    if array.ndim == 0:
        raise DataError(f"`{name}` must be an array with one row an example.", received=str(array))
    if array.base is None:
        return array
    return np.array(array, copy=True, order="C", subok=False)


def _check_weights(weights: NDArray[Any]) -> None:
    """Refuse weights that are no finite numbers, at least 0, one an example.

    Some may be 0, also all of a class: such examples do not count.

    Args:
        weights: Weights of examples, `(examples,)`.

    Raises:
        DataError: If one of them is none.
    """
    if weights.ndim != 1 or weights.dtype.kind not in "biuf":
        raise DataError(
            "`sample_weight` must be one number an example.",
            received=f"sample_weight of shape {weights.shape} and dtype {weights.dtype}",
        )
    with np.errstate(over="ignore"):  # too large for float32 becomes infinite
        values = weights.astype(np.float32)
    wrong = np.flatnonzero(~(np.isfinite(values) & (values >= 0)))
    if len(wrong):
        raise DataError(
            "`sample_weight` must hold finite float32 numbers, at least 0.",
            received=f"{weights[wrong[0]]} in row {wrong[0]}, and {len(wrong)} such of "
            f"{len(weights)}",
        )


def check_some_weight(part: str, weights: NDArray[Any] | None) -> None:
    """Refuse a part whose weights are all 0: every loss of it would be 0, or NaN.

    Args:
        part: What the part is called, such as `"validation"`.
        weights: Weights of its examples, `(examples,)`; None where all count alike.

    Raises:
        DataError: If all are 0.
    """
    if weights is not None and not weights.astype(np.float32).any():
        raise DataError(
            f"Some example of the {part} part must have a weight above 0.",
            received=f"sample_weight with {len(weights)} zeros",
            fix="Leave out examples that do not count before the parts are split, or leave the "
            "weights out.",
        )


def fingerprint(*arrays: NDArray[Any] | Columns | Inputs) -> str:
    """Return 16 hexadecimal digits that stand for the arrays' names, shapes, dtypes and values."""
    digest = hashlib.sha256()
    for array in _flat(arrays):
        digest.update(f"{array.shape}{array.dtype.str}".encode())
        if array.dtype == object:  # whose bytes are addresses
            for text in array.ravel():
                encoded = text.encode()
                digest.update(len(encoded).to_bytes(8, "little") + encoded)
        else:
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:16]


def _flat(arrays: tuple[NDArray[Any] | Columns | Inputs, ...]) -> Iterator[NDArray[Any]]:
    for array in arrays:
        if isinstance(array, Columns | Inputs):
            for name, values in array.items():
                yield np.array([name])
                yield values
        else:
            yield array
