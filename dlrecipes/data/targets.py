"""Targets as class indices or values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlrecipes.checks import check_choice
from dlrecipes.data.inputs import as_array
from dlrecipes.errors import DataError
from dlrecipes.results import TargetSpec, plural
from dlrecipes.results.data_spec import Task

MIN_CLASS_SIZE = 3
FEW_VALUES = 20


@dataclass(frozen=True, eq=False)
class Target:
    """A target that a network can be trained on, or several.

    Args:
        values: Class indices from 0 (int32) or values (float32), `(examples,)`; of several
            targets both, `(examples, targets)` in float32, NaN where missing.
        task: What is to be learned.
        classes: Names of the classes in the order of their indices; empty for regression and for
            several targets.
        targets: Each of several targets; empty for a single one.
    """

    values: NDArray[Any]
    task: Task
    classes: tuple[str, ...]
    targets: tuple[TargetSpec, ...] = ()


def encode_target(
    y: object, *, task: str | None = None, classes: Sequence[str] | None = None
) -> Target:
    """Return the target encoded, with its task.

    Text, booleans and whole numbers with few different values (at most 20, or the square root
    of the number of examples) are classes; all else is regression.

    Args:
        y: Labels or values, `(examples,)` or `(examples, 1)`.
        task: `"classification"` or `"regression"`; None to tell it from the values.
        classes: Names of the classes in the order of the sorted labels; for text labels, the
            labels themselves in the order that their indices shall have.

    Raises:
        ArgumentError: If `task` is neither.
        DataError: If labels are missing, if the task cannot be told, or if nothing can be
            learned: one class, a class with fewer than three examples, a constant.
    """
    if task is not None:
        check_choice("task", task, ("classification", "regression"))
    array = _column(y)
    if (task or _infer_task(array)) == "regression":
        if classes is not None:
            raise DataError("A regression target has no classes.", received=f"classes={classes!r}")
        return Target(_values(array), "regression", ())
    indices, names = _indices(array, classes)
    return Target(indices, "binary" if len(names) == 2 else "multiclass", names)


def column_shape(y: NDArray[Any]) -> tuple[int, ...]:
    """Return the shape of one example's target: `(1,)` in a column `(examples, 1)`, else `()`."""
    return (1,) if y.ndim == 2 and y.shape[1] == 1 else ()


def column_dtype(y: object) -> str:
    """Return the dtype of class labels that are a column, as Keras alone would take them.

    Args:
        y: Labels `(examples, 1)`, as they were handed in.

    Returns:
        `"float32"`, `"bool"`, or empty for the int32 of class indices.
    """
    return {"f": "float32", "b": "bool"}.get(_column(y).dtype.kind, "")


def _column(y: object) -> NDArray[Any]:
    array = as_array("y", y)
    if column_shape(array):
        array = array[:, 0]
    if array.ndim != 1:
        raise DataError(
            "`y` must have one value an example.",
            received=f"y.shape={array.shape}",
            fix="One-hot labels become indices with y.argmax(axis=1).",
        )
    if not len(array):
        raise DataError("`y` must have at least one example.", received=f"y.shape={array.shape}")
    missing = pd.isna(array)
    if array.dtype.kind == "f":
        missing = ~np.isfinite(array)
    if missing.any():
        raise DataError(
            "`y` must have a finite value for every example.",
            received=f"{int(missing.sum())} of {len(array)} missing, NaN or infinite, "
            f"first in row {int(np.argmax(missing))}",
            fix="Leave out the examples without a target.",
        )
    if array.dtype.kind == "O":
        return _column(_unboxed(array))
    if array.dtype.kind in "ST":
        array = array.astype(np.str_)
    if array.dtype.kind not in "biufU":
        raise DataError("`y` must hold text or numbers.", received=f"y.dtype={array.dtype}")
    return array


def _unboxed(array: NDArray[Any]) -> NDArray[Any]:
    """Return an object array as text or numbers."""
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


def _infer_task(array: NDArray[Any]) -> str:
    if array.dtype.kind in "Ub":
        return "classification"
    distinct = np.unique(array)
    few = len(distinct) <= max(FEW_VALUES, math.isqrt(len(array)))
    if array.dtype.kind in "iu":
        return "classification" if few else "regression"
    if few and np.array_equal(distinct, np.round(distinct)) and len(distinct) > 1:
        raise DataError(
            "It must be clear whether `y` holds classes or values.",
            received=f"{array.dtype} with {plural(len(distinct), 'different whole number')}",
            fix="Pass task='classification' or task='regression'.",
        )
    return "regression"


def _values(array: NDArray[Any]) -> NDArray[np.float32]:
    if array.dtype.kind == "U":
        raise DataError(
            "A regression target must be numbers.",
            received=f"text such as {str(array[0])!r}",
            fix="Turn it into numbers, or pass task='classification'.",
        )
    with np.errstate(over="ignore"):
        values = array.astype(np.float32)
    if not np.isfinite(values).all():
        raise DataError(
            "A regression target must fit into float32.",
            received=f"values up to {float(np.abs(array).max()):g}",
            fix="Scale it down.",
        )
    if values.min() == values.max():
        raise DataError(
            "A regression target must not be constant.",
            received=f"{float(values[0]):g} in {plural(len(values), 'example')}",
        )
    return values


def _indices(
    array: NDArray[Any], classes: Sequence[str] | None
) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    if array.dtype.kind == "f":
        if not np.array_equal(array, np.round(array)):
            raise DataError(
                "Class labels must be text, booleans or whole numbers.",
                received=f"y.dtype={array.dtype} with fractions",
                fix="Pass task='regression' for values.",
            )
        array = array.astype(np.int64)
    labels, indices = np.unique(array, return_inverse=True)
    counts = np.bincount(indices)
    if len(labels) < 2:
        raise DataError(
            "A classification target must have at least two classes.",
            received=f"only {str(labels[0])!r} in {plural(len(array), 'example')}",
        )
    rarest = int(np.argmin(counts))
    if counts[rarest] < MIN_CLASS_SIZE:
        raise DataError(
            f"Every class must have at least {MIN_CLASS_SIZE} examples, one for each part.",
            received=f"{int(counts[rarest])} of class {str(labels[rarest])!r}, "
            f"{plural(len(labels), 'class', 'classes')} in {plural(len(array), 'example')}",
            fix="Join or leave out rare classes, or pass task='regression' if these are values.",
        )
    names = tuple(str(label) for label in labels)
    if classes is None:
        return indices.astype(np.int32), names
    given = tuple(str(name) for name in classes)
    if len(set(given)) != len(given) or len(given) != len(names):
        raise DataError(
            "`classes` must name each class once.",
            received=f"{plural(len(given), 'name')} for the {plural(len(names), 'label')} "
            f"{', '.join(names[:10])}",
        )
    if array.dtype.kind != "U":
        return indices.astype(np.int32), given
    if set(given) != set(names):
        raise DataError(
            "`classes` must hold the labels of a text target.",
            received=f"classes={given!r}, labels: {', '.join(names[:10])}",
        )
    rank = np.array([given.index(name) for name in names], dtype=np.int32)
    return rank[indices], given
