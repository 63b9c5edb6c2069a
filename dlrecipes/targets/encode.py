"""Targets, one or several, as class indices and values, with what they are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from dlrecipes.checks import check_choice, check_integer
from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.results import Target, TargetForm
from dlrecipes.targets.kinds import OF_TASK, TASKS, kind_of
from dlrecipes.targets.read_labels import form_of, infer_task, read_form, unboxed, whole


@dataclass(frozen=True, eq=False)
class EncodedTargets:
    """Targets that a network can be trained on.

    Args:
        values: Of a single target without a name class indices from 0 (int32) or values (float32),
            `(examples,)`; else both side by side, `(examples, targets)` in float32, NaN where
            missing.
        targets: What each of them is.
    """

    values: NDArray[Any]
    targets: tuple[Target, ...]


def encode_target(
    y: NDArray[Any],
    *,
    task: str | None = None,
    classes: Sequence[str] | None = None,
    order: Sequence[str] | None = None,
    name: str = "y",
) -> EncodedTargets:
    """Return a single target encoded.

    Text, booleans and whole numbers with few different values (at most 20, or the square root
    of the number of examples) are classes, and so are the floating-point numbers 0 and 1, or -1
    and 1, and one-hot rows; all else is regression.

    Args:
        y: Labels or values, `(examples,)` or `(examples, 1)`, or one-hot `(examples, classes)`. The
            form is that in which they are handed to Keras.
        task: `"classification"`, `"ordinal"` or `"regression"`; None to tell it from the values.
        classes: Names of the classes in the order of the sorted labels; for text labels, the
            labels themselves in the order that their indices shall have.
        order: The labels of an ordinal target from the lowest to the highest; None for that of
            numbers, or of `classes`.
        name: What it is called in messages.

    Raises:
        ArgumentError: If `task` is none of these, or has no order.
        DataError: If labels are missing, if the task cannot be told, or if nothing can be
            learned: one class, a class with fewer than three examples, a constant.
    """
    if task is not None:
        check_choice("task", task, TASKS)
    array, form = read_form(y, name)
    if not len(array):
        raise DataError(
            f"`{name}` must have at least one example.", received=f"{name}.shape={array.shape}"
        )
    missing = np.asarray(pd.isna(array))
    if array.dtype.kind == "f":
        missing = ~np.isfinite(array)
    if missing.any():
        raise DataError(
            f"`{name}` must have a finite value for every example.",
            received=f"{int(missing.sum())} of {len(array)} missing, NaN or infinite, "
            f"first in row {int(np.argmax(missing))}",
            fix="Leave out the examples without a target.",
        )
    values, target = _encode_known(name, array, task, order=order, classes=classes)
    return EncodedTargets(values, (replace(target, form=form_of(target, form)),))


def encode_targets(
    columns: Mapping[str, NDArray[Any]],
    *,
    tasks: Mapping[str, str] | None = None,
    orders: Mapping[str, Sequence[str]] | None = None,
) -> EncodedTargets:
    """Return targets with names side by side, each encoded and described.

    Unlike a single target, one of several may be missing in some of the examples. A name that
    cannot be that of a model's output is kept for display only (`title`): in the model what is no
    letter, digit, `_`, `.` or `-` is written `_`.

    Args:
        columns: `{name: labels or values (examples,)}`, at least one; NaN, None or NaT where
            missing. The form of each is that in which it is handed to Keras.
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
    if not columns:
        raise DataError("There must be at least one target.", received="none")
    encoded, described = [], []
    for (name, column), key in zip(columns.items(), _output_names(list(columns)), strict=True):
        task = tasks.get(name, "ordinal" if name in orders else None)
        if task is not None:
            check_choice(f"tasks[{name!r}]", task, TASKS)
        values, target = _encode_column(name, column, task, orders.get(name))
        encoded.append(values)
        described.append(replace(target, name=key, title="" if key == name else name))
    lengths = {len(values) for values in encoded}
    if len(lengths) > 1:
        raise DataError(
            "All targets must have the same number of examples.",
            received=", ".join(f"{name}: {len(y)}" for name, y in columns.items()),
        )
    values = np.stack(encoded, axis=1)
    empty = np.flatnonzero(np.isfinite(values).sum(axis=1) == 0)
    if len(empty):
        raise DataError(
            "Every example must have at least one of the targets.",
            received=f"{len(empty)} of {len(values)} without, first in row {empty[0]}",
            fix="Leave those rows out.",
        )
    return EncodedTargets(values, tuple(described))


def describe_target(
    name: str, y: ArrayLike, task: str, *, class_names: Sequence[str] | None = None
) -> Target:
    """Return what a head needs to know of a target, without a `DataSpec`.

    Args:
        name: Its key among the model's outputs.
        y: The training part's targets `(examples,)`: class indices from 0, for `"ordinal"` in
            their order, or values; NaN where missing.
        task: `"classification"`, `"ordinal"` or `"regression"`.
        class_names: Names of the classes; None for their indices up to the largest.

    Raises:
        ArgumentError: If the task is none of these.
        DataError: If nothing is known or all that is known is the same, if an index is no whole
            number from 0 to the number of classes, or if a value is infinite.

    Example:
        >>> target = dlr.data.describe_target("price", [1.0, 3.0, np.nan], "regression")
        >>> target.mean, target.std
        (2.0, 1.0)
    """
    check_choice("task", task, TASKS)
    values = np.asarray(y, dtype=np.float64)
    if values.ndim != 1:
        raise DataError(
            "A target must have one value an example.", received=f"{name}: shape {values.shape}"
        )
    known = values[~np.isnan(values)]
    if not len(known) or known.min() == known.max():
        raise DataError(
            "A target must have at least two different known values.",
            received=f"{name}: {len(known)} of {len(values)} known, all the same",
        )
    if not np.isfinite(known).all():
        raise DataError("A target must be finite, or NaN where missing.", received=name)
    kind = OF_TASK[task]
    if kind.puts_out_values:
        described: Target = kind(kind.made(name)).describe(known)
        return described
    names = range(int(known.max()) + 1) if class_names is None else class_names
    count = check_integer("number of classes", len(names), 2)
    bad = known[(known < 0) | (known >= count) | (known != np.floor(known))]
    if len(bad):
        raise DataError(
            f"Class indices must be whole numbers from 0 to {count - 1}, or NaN where missing.",
            received=f"{name}: {bad[0]:g}",
        )
    described = kind(kind.made(name, class_names=tuple(map(str, names)))).describe(known)
    return described


def with_positive(encoded: EncodedTargets, positive: str) -> EncodedTargets:
    """Return a target of two classes with the given one as class 1.

    Precision, recall, the areas under their curves and the threshold are those of class 1, which
    by default is the label that comes later in sorted order.

    Args:
        encoded: A single encoded target.
        positive: The label of the class that is looked for, as in the file.

    Raises:
        DataError: If there are not two classes, or none has that label.
    """
    (target,) = encoded.targets
    names = target.class_names
    if target.task != "binary" or positive not in names:
        raise DataError(
            "The positive class must be one of two.",
            received=f"positive={positive!r}",
            fix=f"The classes are {', '.join(map(repr, names[:20])) or 'none'}.",
        )
    if names[1] == positive:
        return encoded
    return EncodedTargets(1 - encoded.values, (_renamed(target, names[::-1]),))


# ---- one column


def _encode_known(
    name: str,
    array: NDArray[Any],
    task: str | None,
    *,
    order: Sequence[str] | None = None,
    classes: Sequence[str] | None = None,
) -> tuple[NDArray[Any], Target]:
    """Return known labels or values encoded, and what they are."""
    if order is not None and task != "ordinal":
        raise ArgumentError("Only an ordinal target has an order.", received=f"{name}: {task=}")
    if array.dtype.kind == "O":
        array = unboxed(array)
    numbers = array.dtype.kind in "biuf"
    labels = classes if order is None else order
    if task == "ordinal" and labels is None and not numbers:
        raise DataError(
            "The order of an ordinal target's labels must be known.",
            received=f"{name}: text such as {str(array[0])!r}",
            fix=f"Name them from the lowest to the highest: orders={{{name!r}: [...]}}, on the "
            f'command line --orders "{name}=low<medium<high".',
        )
    kind = OF_TASK[task or infer_task(array)]
    if order is None or not numbers:  # text is sorted by its order
        return kind.encode(array, labels)
    # Numbers are named by their labels and sorted by size.
    indices, target = kind.encode(array, None)
    return _in_order(name, indices, target, [str(label) for label in order])


def _encode_column(
    name: str, column: NDArray[Any], task: str | None, order: Sequence[str] | None
) -> tuple[NDArray[np.float32], Target]:
    """Return one of several targets, NaN where it is missing."""
    array, form = read_form(column, name)
    known: NDArray[np.bool_] = np.asarray(~np.asarray(pd.isna(array)))
    if not known.any():
        raise DataError("A target must be known for some examples.", received=f"{name}: none is")
    given = array[known]
    if task != "regression" and not known.all():
        given = whole(given)
    try:
        indices, target = _encode_known(name, given, task, order=order)
    except DataError as error:
        reason = re.sub(r"task=('\w+')", lambda found: f"task={{{name!r}: {found[1]}}}", str(error))
        raise DataError(f"The target {name!r} cannot be learned. {reason}") from error
    values = np.full(len(array), np.nan, dtype=np.float32)
    values[known] = indices
    described = kind_of(target).describe(values[known])
    if known.all():
        return values, replace(described, form=form_of(target, form))
    # Beside a missing one, class indices are floating-point numbers.
    return values, replace(described, form=TargetForm(form.shape))


def _in_order(
    name: str, indices: NDArray[Any], target: Target, order: list[str]
) -> tuple[NDArray[Any], Target]:
    labels = target.class_names
    if sorted(order) != sorted(labels):
        raise DataError(
            "An order must hold each label once.",
            received=f"{name}: {', '.join(order)} for the labels {', '.join(labels[:20])}",
        )
    rank = np.array([order.index(label) for label in labels], dtype=np.int32)
    return rank[indices], _renamed(target, tuple(order))


def _renamed(target: Any, names: tuple[str, ...]) -> Target:  # noqa: ANN401  (one of classes)
    """Return classes in another order."""
    renamed: Target = replace(target, class_names=names)
    return renamed


# ---- names


def _check_names(what: str, named: Mapping[str, object], columns: Mapping[str, object]) -> None:
    unknown = [name for name in named if name not in columns]
    if unknown:
        raise ArgumentError(
            f"`{what}` must name targets.",
            received=", ".join(map(repr, unknown)),
            fix=f"The targets are {', '.join(map(repr, columns))}.",
        )


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
