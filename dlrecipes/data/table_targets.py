"""The target of a table, or several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlrecipes.errors import ArgumentError
from dlrecipes.results import Column, TargetForm
from dlrecipes.targets.encode import (
    EncodedTargets,
    encode_target,
    encode_targets,
    with_positive,
)


def target_list(target: object) -> list[str]:
    """Return the columns of several targets.

    Args:
        target: A list of names.

    Raises:
        ArgumentError: If it is none.
    """
    names = list(target) if isinstance(target, Sequence) else []
    if not names or not all(isinstance(name, str) for name in names):
        raise ArgumentError(
            "`target` must be the name of a column, or a list of names.",
            received=f"target={target!r}",
        )
    if len(set(names)) < len(names):
        raise ArgumentError("A target must be named once.", received=f"target={names!r}")
    return names


def table_target(
    table: pd.DataFrame,
    target: str | Sequence[str],
    columns: Sequence[Column],
    *,
    task: str | Mapping[str, str] | None = None,
    orders: Mapping[str, Sequence[str]] | None = None,
    positive: str | None = None,
) -> EncodedTargets:
    """Return a table's target, encoded.

    Args:
        table: The targets of all parts' rows, typed.
        target: A column, or several that are targets side by side.
        columns: What these columns are.
        task: What is to be learned, or `{column: task}`.
        orders: `{column: labels from the lowest to the highest}`, of ordinal targets.
        positive: Of two classes of a single target, the one that is looked for.

    Raises:
        ArgumentError: If `task` has another form than `target`, or if `orders` or `positive` is
            given where it says nothing.
        DataError: If nothing can be learned.
    """
    if isinstance(target, str):
        named_by = {*(task if isinstance(task, Mapping) else ()), *(orders or ())} - {target}
        if named_by:
            raise ArgumentError(
                "`task` and `orders` must name the target.",
                received=", ".join(map(repr, sorted(named_by))),
                fix=f"The target is {target!r}.",
            )
        order = (orders or {}).get(target)
        task = task.get(target) if isinstance(task, Mapping) else task
        if task is None and order is not None:
            task = "ordinal"
        column = _labels(table[target], columns[0])
        encoded = encode_target(column, task=task, order=order, name=target)
        named = replace(encoded.targets[0], title=target, form=TargetForm())
        encoded = replace(encoded, targets=(named,))
        return encoded if positive is None else with_positive(encoded, positive)
    if positive is not None or isinstance(task, str):
        raise ArgumentError(
            "Several targets have their tasks by name, and no positive class.",
            received=f"task={task!r}, positive={positive!r}",
            fix=f"For example task={{{target[0]!r}: 'regression'}}.",
        )
    labels = {
        name: _labels(table[name], column) for name, column in zip(target, columns, strict=True)
    }
    encoded = encode_targets(labels, tasks=task, orders=orders)
    plain = tuple(replace(found, form=TargetForm()) for found in encoded.targets)
    return replace(encoded, targets=plain)


def own_orders(
    table: pd.DataFrame, targets: Sequence[str], task: str | Mapping[str, str] | None
) -> dict[str, list[str]]:
    """Return the orders of those targets whose categories pandas knows to have one.

    Args:
        table: The table as it was given.
        targets: The columns to be predicted; of a single one the order says nothing.
        task: What is to be learned; a target that it names needs no order.
    """
    if not isinstance(task, Mapping | None) or len(targets) < 2:
        return {}
    orders = {name: _own_order(table[name]) for name in targets}
    return {name: order for name, order in orders.items() if order and name not in (task or {})}


def _labels(values: pd.Series[Any], column: Column) -> NDArray[Any]:
    """Return labels as text or numbers; those that are spelled as numbers sort as numbers."""
    if column.spelling == "number":
        numbers = pd.to_numeric(values, errors="coerce")
        if not (numbers.isna() & values.notna()).any():
            values = numbers
    if pd.api.types.is_numeric_dtype(values):
        return np.asarray(values)
    labels: NDArray[Any] = np.asarray(values, dtype=object)
    labels[values.isna().to_numpy()] = None
    return labels


def _own_order(values: pd.Series[Any]) -> list[str]:
    """Return the labels of an ordered categorical that occur, from the lowest; else none."""
    kind = values.dtype
    if not isinstance(kind, pd.CategoricalDtype) or not kind.ordered:
        return []
    return [str(one) for one in kind.categories if (values == one).any()]
