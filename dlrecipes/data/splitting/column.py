"""A column of labels or groups as indices."""

from __future__ import annotations

import numbers
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlrecipes.data.parts.inputs import as_array
from dlrecipes.data.splitting.split_stratified import Rows
from dlrecipes.errors import DataError
from dlrecipes.results import plural


@dataclass(frozen=True, eq=False)
class Column:
    """A column as indices of its sorted values, so that the order of the rows does not count.

    Args:
        codes: Index into `names` of each example, `(examples,)`.
        names: The different values, sorted, `(values,)`.
        counts: Number of examples of each value, `(values,)`.
    """

    codes: Rows
    names: NDArray[Any]
    counts: Rows

    def __len__(self) -> int:
        return len(self.codes)


def encode_column(name: str, values: object, examples: int | None = None) -> Column:
    """Return a column as indices.

    Args:
        name: What to call it in messages.
        values: Text, numbers, booleans or dates, `(examples,)`.
        examples: How many there must be; None for any number above 0.

    Raises:
        DataError: If there is not one value for each example, if some are missing, or if text
            and numbers are mixed.
    """
    array = as_array(name, values)
    check_one_each(name, array, examples)
    check_none_missing(name, array)
    if array.dtype.kind == "O":
        _check_one_kind(name, array)
    codes, names = pd.factorize(array, sort=True)
    codes = codes.astype(np.int64)
    return Column(codes, np.asarray(names), np.bincount(codes, minlength=len(names)))


def check_one_each(name: str, array: NDArray[Any], examples: int | None = None) -> None:
    """Check that `array` has one value for each of at least one example.

    Raises:
        DataError: If not, or if it has not `examples` rows.
    """
    if array.ndim != 1 or not len(array):
        raise DataError(
            f"`{name}` must have one value for each example.",
            received=f"shape {array.shape}",
        )
    if examples is not None and len(array) != examples:
        raise DataError(
            f"`{name}` must have one value for each example.",
            received=f"{plural(len(array), 'value')} for {plural(examples, 'example')}",
        )


def check_none_missing(name: str, array: NDArray[Any]) -> None:
    """Check that no value of `array`, `(examples,)`, is missing.

    Raises:
        DataError: If one is None, NaN or NaT.
    """
    missing = pd.isna(array)
    if missing.any():
        raise missing_error(name, missing)


def missing_error(name: str, missing: NDArray[np.bool_]) -> DataError:
    """Return the error that says where `missing`, `(examples,)`, is true."""
    return DataError(
        f"`{name}` must have a value for every example.",
        received=f"{int(missing.sum())} of {len(missing)} missing, "
        f"first in row {int(np.argmax(missing))}",
        fix="Fill in the missing values or leave those examples out.",
    )


def _check_one_kind(name: str, array: NDArray[Any]) -> None:
    types = set(map(type, array.tolist()))
    kinds = set(map(_kind, types))
    if len(kinds) > 1:
        raise DataError(
            f"The values of `{name}` must all be of one kind.",
            received=" and ".join(sorted(kinds)),
            fix="Otherwise 1 and '1' count as two values: turn all of them into text.",
        )


def _kind(type_: type) -> str:
    if issubclass(type_, numbers.Real):
        return "numbers"
    return "text" if issubclass(type_, str) else type_.__name__
