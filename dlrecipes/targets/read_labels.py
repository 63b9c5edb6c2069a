"""Labels and values as they are handed in: their form, their type and the task that they tell."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlrecipes.errors import DataError
from dlrecipes.results import Target, TargetForm, plural

FEW_VALUES = 20
"""Different whole numbers, or the square root of the examples, that are still classes."""
_SIGNS = (-1.0, 1.0)
_TWO_CLASSES = ((0.0, 1.0), _SIGNS)
"""What floating-point labels of two classes are: of others it must be said that they are labels."""


def read_form(array: NDArray[Any], name: str = "y") -> tuple[NDArray[Any], TargetForm]:
    """Return labels or values `(examples,)`, and the form that they had.

    Args:
        array: `(examples,)`, `(examples, 1)` or one-hot `(examples, classes)`.
        name: What it is called in messages.

    Raises:
        DataError: If it is none of these, or holds neither text nor numbers.
    """
    shape = array.shape[1:]
    if array.ndim == 2 and shape[0] > 1 and are_one_hot(array):
        return array.argmax(axis=1), TargetForm(shape, array.dtype.name)
    if array.ndim == 2 and shape == (1,):
        array = array[:, 0]
    if array.ndim != 1:
        raise DataError(
            "A target must have one value an example, or be one-hot.",
            received=f"{name}.shape={array.shape}",
        )
    if array.dtype.kind == "O" and not pd.isna(array).any():
        array = unboxed(array)
    if array.dtype.kind in "ST":
        array = array.astype(np.str_)
    if array.dtype.kind not in "biufUO":
        raise DataError(
            "A target must hold text or numbers.", received=f"{name}.dtype={array.dtype}"
        )
    signs = array.dtype.kind in "if" and tuple(np.unique(array).tolist()) == _SIGNS
    dtype = {"f": "float32", "b": "bool"}.get(array.dtype.kind, "int32" if signs else "")
    return array, TargetForm(shape, dtype, _SIGNS if signs else ())


def are_one_hot(array: NDArray[Any]) -> bool:
    """Whether each row is one 1 among 0s.

    Args:
        array: `(examples, columns)`.
    """
    if array.dtype.kind not in "biuf" or not len(array):
        return False
    ones = array == 1
    return bool((ones.sum(axis=1) == 1).all() and (ones | (array == 0)).all())


def form_of(target: Target, form: TargetForm) -> TargetForm:
    """Return the form of an encoded target; values are float32 whatever they were.

    Args:
        target: What it is.
        form: The form in which it was handed in.

    Raises:
        DataError: If one-hot labels have a column without a 1.
    """
    if not target.class_names:
        return TargetForm(form.shape)
    if form.shape not in ((), (1,), (len(target.class_names),)):
        raise DataError(
            "Every column of one-hot labels must have examples.",
            received=f"{form.shape[0]} columns, {len(target.class_names)} of which have a 1",
            fix="Leave the others out.",
        )
    return form


def infer_task(array: NDArray[Any]) -> str:
    """Return whether known labels or values `(examples,)` are classes or a regression.

    Raises:
        DataError: If they may be either.
    """
    if array.dtype.kind in "Ub":
        return "classification"
    distinct = np.unique(array)
    few = len(distinct) <= max(FEW_VALUES, math.isqrt(len(array)))
    if array.dtype.kind in "iu":
        return "classification" if few else "regression"
    if tuple(distinct.tolist()) in _TWO_CLASSES:
        return "classification"
    if few and np.array_equal(distinct, np.round(distinct)) and len(distinct) > 1:
        raise DataError(
            "It must be clear whether a target holds classes or values.",
            received=f"{array.dtype} with {plural(len(distinct), 'different whole number')}",
            fix="Pass task='classification' or task='regression'.",
        )
    return "regression"


def unboxed(array: NDArray[Any]) -> NDArray[Any]:
    """Return an object array as text or numbers.

    Raises:
        DataError: If its values are both, or neither.
    """
    values = array.tolist()
    kinds = {type(value) for value in values}
    if kinds == {str}:
        return array.astype(np.str_)
    if kinds == {bool}:
        return array.astype(bool)
    if kinds == {int}:
        return array.astype(np.int64)
    if kinds <= {int, float}:
        return array.astype(np.float64)
    received = " and ".join(sorted(kind.__name__ for kind in kinds))
    raise DataError("The values of `y` must all be text or all be numbers.", received=received)


def whole(values: NDArray[Any]) -> NDArray[Any]:
    """Return whole numbers as such: beside a missing one they became floating-point numbers."""
    if not all(isinstance(value, int | float | np.number) for value in values.tolist()):
        return values
    if all(isinstance(value, bool | np.bool_) for value in values.tolist()):
        return values.astype(bool)
    numbers = values.astype(np.float64)
    if np.isfinite(numbers).all() and np.array_equal(numbers, np.round(numbers)):
        return numbers.astype(np.int64)
    return values
