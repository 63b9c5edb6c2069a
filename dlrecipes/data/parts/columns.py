"""Inputs with a name and a dtype of their own for each column, and as arrays to be stored."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from numbers import Real
from typing import Any, overload
from urllib.parse import unquote

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlrecipes.data.parts.several_inputs import Inputs
from dlrecipes.errors import DataError
from dlrecipes.results import plural


class Columns:
    """A table's raw inputs: numbers and text side by side, one row an example.

    It has of an array what the rest of the library asks of inputs: a length, a shape, rows that
    can be picked. Numbers are float32, or float64, with NaN for a missing one; text is an array of
    Python strings, with the empty string for a missing one.

    Args:
        columns: `{name: values (examples,)}`, at least one; numbers, or text.
        wide: Columns of numbers that are float64, because float32 would make different ones equal.

    Raises:
        DataError: If there are none, if they differ in length, or if one is no column.

    Example:
        >>> columns = dlr.data.Columns({"age": [41, None], "town": ["Oslo", None]})
        >>> columns.shape, columns["age"].tolist(), columns["town"].tolist()
        ((2, 2), [41.0, nan], ['Oslo', ''])
    """

    def __init__(self, columns: Mapping[str, object], *, wide: Collection[str] = ()) -> None:
        if not columns:
            raise DataError("A table must have at least one column.", received="none")
        self._columns = {
            str(name): _column(str(name), values, np.float64 if name in wide else np.float32)
            for name, values in columns.items()
        }
        lengths = {name: len(values) for name, values in self._columns.items()}
        if len(set(lengths.values())) > 1:
            received = ", ".join(
                f"{name}: {plural(length, 'row')}" for name, length in lengths.items()
            )
            raise DataError("All columns of a table must have the same length.", received=received)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, in order."""
        return tuple(self._columns)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self), len(self._columns)

    @property
    def dtypes(self) -> dict[str, str]:
        """`{column: "float32", "float64" or "string"}`."""
        return {
            name: "string" if values.dtype == object else str(values.dtype)
            for name, values in self._columns.items()
        }

    @property
    def wide(self) -> tuple[str, ...]:
        """The columns that are float64."""
        return tuple(name for name, dtype in self.dtypes.items() if dtype == "float64")

    @property
    def nbytes(self) -> int:
        """About how many bytes the values take."""
        return sum(
            sum(len(text) for text in values) if values.dtype == object else values.nbytes
            for values in self._columns.values()
        )

    def __len__(self) -> int:
        return len(next(iter(self._columns.values())))

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def items(self) -> Iterator[tuple[str, NDArray[Any]]]:
        """Return names and values."""
        return iter(self._columns.items())

    @overload
    def __getitem__(self, key: str) -> NDArray[Any]: ...
    @overload
    def __getitem__(self, key: slice | NDArray[Any]) -> Columns: ...
    def __getitem__(self, key: str | slice | NDArray[Any]) -> NDArray[Any] | Columns:
        """Return one column by its name, or the same columns of some rows."""
        if isinstance(key, str):
            return self._columns[key]
        picked = object.__new__(Columns)  # what was checked once needs no second look
        picked._columns = {name: _owned(values[key]) for name, values in self._columns.items()}
        return picked

    def copy(self) -> Columns:
        """Return the same columns with memory of their own."""
        return self[:]

    def __repr__(self) -> str:
        return f"Columns({plural(len(self), 'row')}: {', '.join(self.names)})"


def _owned(values: NDArray[Any]) -> NDArray[Any]:
    return values if values.base is None else values.copy()


def _column(name: str, values: object, dtype: type[np.floating[Any]]) -> NDArray[Any]:
    # A list of text and NaN would become text all over.
    array = values if isinstance(values, np.ndarray) else np.asarray(values, dtype=object)
    if array.ndim != 1:
        raise DataError(
            "A column must have one value an example.", received=f"{name} of shape {array.shape}"
        )
    if array.dtype.kind in "biuf":
        return _numbers(name, array, dtype)
    if array.dtype.kind not in "UO":
        raise DataError(
            "A column must hold numbers or text.", received=f"column {name!r} of {array.dtype}"
        )
    known = ~pd.isna(array)
    kinds = {type(value) for value in array[known].tolist()}
    if kinds and all(issubclass(kind, str) for kind in kinds):
        text = np.full(len(array), "", dtype=object)
        text[known] = array[known]
        return _without_zeros(name, text)
    if all(issubclass(kind, Real | np.bool_) for kind in kinds):
        return _numbers(name, np.where(known, array, np.nan).astype(np.float64), dtype)
    raise DataError(
        "A column must hold numbers or text.",
        received=f"column {name!r} with {' and '.join(sorted(kind.__name__ for kind in kinds))}",
    )


def _without_zeros(name: str, text: NDArray[Any]) -> NDArray[Any]:
    """Return the texts; TensorFlow would lose what stands behind a zero byte."""
    bad = [row for row, value in enumerate(text) if "\0" in value]
    if bad:
        raise DataError(
            "Text must have no zero bytes.",
            received=f"column {name!r} with one in {len(bad)} of {plural(len(text), 'row')}, "
            f"first in row {bad[0]}",
            fix="Take them out: text.replace(chr(0), '').",
        )
    return text


def _numbers(
    name: str, array: NDArray[Any], dtype: type[np.floating[Any]]
) -> NDArray[np.floating[Any]]:
    with np.errstate(over="ignore"):  # too large for float32 becomes infinite
        numbers = array.astype(dtype)
    infinite = np.isinf(numbers)
    if infinite.any():
        raise DataError(
            f"Numbers must be finite {np.dtype(dtype)} numbers, or missing.",
            received=f"column {name!r} with infinity in {int(infinite.sum())} of "
            f"{plural(len(numbers), 'row')}, first in row {int(np.argmax(infinite))}",
        )
    return numbers


_COLUMN = "x:"
_INPUT, _PLACE = "input:", "place:"
_SUBGROUP = "subgroup:"
# The names of arrays are those of files in a zip: NumPy takes the ending away, and zip cuts a name
# at a NUL and knows one slash only.
_UNSAFE = re.compile(r"[%/\\\x00-\x1f]|\.(?=npy$)")


def pack_inputs(x: NDArray[Any] | Columns | Inputs) -> dict[str, NDArray[Any]]:
    """Return inputs as arrays that NumPy saves without pickling.

    One array is `x`, a column `x:name`, one of several inputs `input:name`, in a list `place:name`.

    What cannot stand in the name of a file is written as in a URL: `x:km%2Fh`.

    Example:
        >>> columns = dlr.data.Columns({"age": [41.0], "town": ["Oslo"]})
        >>> {name: array.tolist() for name, array in dlr.data.pack_inputs(columns).items()}
        {'x:age': [41.0], 'x:town': ['Oslo']}
    """
    if isinstance(x, Columns):
        return {_key(_COLUMN, name): _plain(values) for name, values in x.items()}
    if isinstance(x, Inputs):
        prefix = _PLACE if x.is_list else _INPUT
        return {_key(prefix, name): _plain(values) for name, values in x.items()}
    return {"x": _plain(x)}


def _plain(values: NDArray[Any]) -> NDArray[Any]:
    return values.astype(str) if values.dtype == object else values


def pack_subgroups(subgroups: Columns | None) -> dict[str, NDArray[Any]]:
    """Return each example's groups as arrays of text, `subgroup:name` a column.

    Example:
        >>> packed = dlr.data.pack_subgroups(dlr.data.Columns({"sex": ["f", "m"]}))
        >>> {name: array.tolist() for name, array in packed.items()}
        {'subgroup:sex': ['f', 'm']}
    """
    if subgroups is None:
        return {}
    return {_key(_SUBGROUP, name): values.astype(str) for name, values in subgroups.items()}


def unpack_subgroups(arrays: Mapping[str, NDArray[Any]]) -> Columns | None:
    """Return the groups that `pack_subgroups` took apart, None if there are none.

    Args:
        arrays: What was saved; others may be among it.

    Example:
        >>> packed = dlr.data.pack_subgroups(dlr.data.Columns({"sex": ["f", "m"]}))
        >>> dlr.data.unpack_subgroups(packed)["sex"].tolist()
        ['f', 'm']
    """
    columns = _unpack(arrays, _SUBGROUP)
    return Columns(columns) if columns else None


def unpack_inputs(arrays: Mapping[str, NDArray[Any]]) -> NDArray[Any] | Columns | Inputs:
    """Return the inputs that `pack_inputs` took apart.

    Args:
        arrays: What was saved; others may be among it.

    Raises:
        LookupError: If there are no inputs in it.

    Example:
        >>> packed = dlr.data.pack_inputs(dlr.data.Columns({"age": [41.0], "town": ["Oslo"]}))
        >>> columns = dlr.data.unpack_inputs(packed)
        >>> columns["age"].tolist(), columns["town"].tolist()
        ([41.0], ['Oslo'])
    """
    columns = _unpack(arrays, _COLUMN)
    if columns:
        wide = [name for name, values in columns.items() if values.dtype == np.float64]
        return Columns(columns, wide=wide)
    for prefix, arranged in ((_INPUT, dict), (_PLACE, _listed)):
        several = _unpack(arrays, prefix)
        if several:
            return Inputs(arranged(several))
    x = np.asarray(arrays["x"])
    return x.astype(object) if x.dtype.kind == "U" else x


def _listed(by_name: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
    return list(by_name.values())


def _key(prefix: str, name: str) -> str:
    return prefix + _UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", name)


def _unpack(arrays: Mapping[str, NDArray[Any]], prefix: str) -> dict[str, NDArray[Any]]:
    return {
        unquote(key.removeprefix(prefix)): values
        for key, values in arrays.items()
        if key.startswith(prefix)
    }
