"""Several targets as one array."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlrecipes.checks import check_choice
from dlrecipes.data.describe_target import describe_target
from dlrecipes.data.inputs import as_array
from dlrecipes.data.targets import Target, column_shape, encode_target
from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.results import TargetSpec
from dlrecipes.results.target_spec import TargetTask

TASKS = ("classification", "ordinal", "regression")


def encode_targets(
    columns: Mapping[str, object],
    *,
    tasks: Mapping[str, str] | None = None,
    orders: Mapping[str, Sequence[str]] | None = None,
) -> Target:
    """Return several targets side by side, each encoded and described.

    Unlike a single target, one of several may be missing in some of the examples. A name that
    cannot be that of a model's output is kept for display only (`TargetSpec.title`): in the model
    what is no letter, digit, `_`, `.` or `-` is written `_`.

    Args:
        columns: `{name: labels or values (examples,)}`, at least one; NaN, None or NaT where
            missing. One that is `(examples, 1)` has that form in training, too.
        tasks: `{name: task}`: `"classification"`, `"ordinal"` (classes in an order, that of
            numbers unless `orders` has another) or `"regression"`; those it does not name are
            told from their known values, see `encode_target`.
        orders: `{name: labels from the lowest to the highest}`, of ordinal targets.

    Raises:
        ArgumentError: If a task or an order is of no target, or is none.
        DataError: If nothing can be learned of a target from what is known of it, or if an example
            has none.
    """
    tasks, orders = dict(tasks or {}), dict(orders or {})
    _check_names("tasks", tasks, columns)
    _check_names("orders", orders, columns)
    encoded, described = [], []
    if not columns:
        raise DataError("There must be at least one target.", received="none")
    for name, column in columns.items():
        task = tasks.get(name, "ordinal" if name in orders else None)
        if task is not None:
            check_choice(f"tasks[{name!r}]", task, TASKS)
        if name in orders and task != "ordinal":
            raise ArgumentError(
                "Only an ordinal target has an order.", received=f"{name}: task={task!r}"
            )
        values, target = _encode(name, column, task, orders.get(name))
        encoded.append(values)
        described.append(target)
    lengths = {len(values) for values in encoded}
    if len(lengths) > 1:
        raise DataError(
            "All targets must have the same number of examples.",
            received=", ".join(f"{name}: {len(as_array(name, y))}" for name, y in columns.items()),
        )
    names = _output_names(list(columns))
    described = [
        one if one.name == name else replace(one, name=name, title=one.name)
        for one, name in zip(described, names, strict=True)
    ]
    values = np.stack(encoded, axis=1)
    empty = np.flatnonzero(np.isfinite(values).sum(axis=1) == 0)
    if len(empty):
        raise DataError(
            "Every example must have at least one of the targets.",
            received=f"{len(empty)} of {len(values)} without, first in row {empty[0]}",
            fix="Leave those rows out.",
        )
    return Target(values, "multitask", (), tuple(described))


def _check_names(what: str, named: Mapping[str, object], columns: Mapping[str, object]) -> None:
    unknown = [name for name in named if name not in columns]
    if unknown:
        raise ArgumentError(
            f"`{what}` must name targets.",
            received=", ".join(map(repr, unknown)),
            fix=f"The targets are {', '.join(map(repr, columns))}.",
        )


def _encode(
    name: str, column: object, task: str | None, order: Sequence[str] | None
) -> tuple[NDArray[np.float32], TargetSpec]:
    array = as_array(name, column)
    shape = column_shape(array)
    array = array.reshape(len(array)) if shape else array
    if array.ndim != 1:
        raise DataError(
            "A target must have one value an example.", received=f"{name}: shape {array.shape}"
        )
    known: NDArray[np.bool_] = np.asarray(~np.asarray(pd.isna(array)))
    if not known.any():
        raise DataError("A target must be known for some examples.", received=f"{name}: none is")
    given = _whole(array[known]) if task != "regression" and not known.all() else array[known]
    if task == "ordinal" and order is None and not _are_numbers(given):
        raise DataError(
            "The order of an ordinal target's labels must be known.",
            received=f"{name}: text such as {str(given[0])!r}",
            fix=f"Name them from the lowest to the highest: orders={{{name!r}: [...]}}, on the "
            f'command line --orders "{name}=low<medium<high".',
        )
    kind = "classification" if task == "ordinal" else task
    # Numbers are named by their labels and sorted by size; text is sorted by `order`.
    by_label = order if order is not None and not _are_numbers(given) else None
    try:
        found = encode_target(given, task=kind, classes=by_label)
    except DataError as error:
        reason = re.sub(r"task=('\w+')", lambda found: f"task={{{name!r}: {found[1]}}}", str(error))
        raise DataError(f"The target {name!r} cannot be learned. {reason}") from error
    labels, indices = found.classes, found.values
    if order is not None and by_label is None:
        indices, labels = _in_order(name, indices, labels, [str(one) for one in order])
    meaning: TargetTask = "ordinal" if task == "ordinal" else _plain(found.task)
    values = np.full(len(array), np.nan, dtype=np.float32)
    values[known] = indices
    described = describe_target(name, values, meaning, classes=len(labels) or None)
    return values, replace(described, labels=labels, shape=shape)


def _output_names(columns: Sequence[str]) -> list[str]:
    """Return different names that Keras and TensorFlow take for a model's outputs."""
    names: list[str] = []
    for at, column in enumerate(columns, start=1):
        name = re.sub(r"[^A-Za-z0-9_.-]", "_", column)
        # Keras calls the metrics of the validation part val_…
        if not name[:1].isalnum() or re.match("val(_|$)", name):
            name = f"target_{name.strip('_.-') or at}"
        while name in names:
            name += "_"
        names.append(name)
    return names


def _plain(task: str) -> TargetTask:
    return "regression" if task == "regression" else "binary" if task == "binary" else "multiclass"


def _are_numbers(values: NDArray[Any]) -> bool:
    return values.dtype.kind in "biuf" or all(
        isinstance(one, int | float | np.number) for one in values.tolist()
    )


def _whole(values: NDArray[Any]) -> NDArray[Any]:
    """Return whole numbers as such: beside a missing one they became floating-point numbers."""
    if not _are_numbers(values):
        return values
    if all(isinstance(one, bool | np.bool_) for one in values.tolist()):
        return values.astype(bool)
    numbers = values.astype(np.float64)
    if np.isfinite(numbers).all() and np.array_equal(numbers, np.round(numbers)):
        return numbers.astype(np.int64)
    return values


def _in_order(
    name: str, indices: NDArray[Any], labels: tuple[str, ...], order: list[str]
) -> tuple[NDArray[Any], tuple[str, ...]]:
    if sorted(order) != sorted(labels):
        raise DataError(
            "An order must hold each label once.",
            received=f"{name}: {', '.join(order)} for the labels {', '.join(labels[:20])}",
        )
    rank = np.array([order.index(label) for label in labels], dtype=np.int32)
    return rank[indices], tuple(order)
