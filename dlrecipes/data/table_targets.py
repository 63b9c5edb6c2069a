"""The target of a table, or several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from dlrecipes.data.positive_class import with_positive
from dlrecipes.data.several_targets import encode_targets
from dlrecipes.data.targets import Target, encode_target
from dlrecipes.errors import ArgumentError, DataError


def target_list(target: object) -> list[str]:
    """Return the columns of several targets.

    Args:
        target: A list of names.

    Raises:
        ArgumentError: If it is none.
    """
    names = list(target) if isinstance(target, Sequence) else []
    if not names or not all(isinstance(one, str) for one in names):
        raise ArgumentError(
            "`target` must be the name of a column, or a list of names.",
            received=f"target={target!r}",
        )
    return names


def table_target(
    table: pd.DataFrame,
    target: str | Sequence[str],
    *,
    task: str | Mapping[str, str] | None = None,
    orders: Mapping[str, Sequence[str]] | None = None,
    positive: str | None = None,
) -> Target:
    """Return a table's target, encoded.

    Args:
        table: The rows of all parts.
        target: A column, or several that are targets side by side.
        task: What is to be learned; of several targets `{column: task}`.
        orders: `{column: labels from the lowest to the highest}`, of several targets.
        positive: Of two classes of a single target, the one that is looked for.

    Raises:
        ArgumentError: If `task` has another form than `target`, or if `orders` or `positive` is
            given where it says nothing.
        DataError: If nothing can be learned, or if a single target is missing somewhere.
    """
    if isinstance(target, str):
        if isinstance(task, Mapping) or orders:
            raise ArgumentError(
                "Tasks and orders by name belong to several targets.",
                received=f"target={target!r}, task={task!r}, orders={orders!r}",
                fix=f"Name the targets in a list: target=[{target!r}].",
            )
        _check_known(table[target], target)
        encoded = encode_target(table[target].to_numpy(dtype=object), task=task)
        return encoded if positive is None else with_positive(encoded, positive)
    if positive is not None or isinstance(task, str):
        raise ArgumentError(
            "Several targets have their tasks by name, and no positive class.",
            received=f"task={task!r}, positive={positive!r}",
            fix=f"For example task={{{target[0]!r}: 'regression'}}.",
        )
    columns = {name: table[name].to_numpy(dtype=object) for name in target}
    known_orders = {name: order for name in target if (order := _own_order(table[name]))}
    orders = {
        name: order for name, order in known_orders.items() if name not in (task or {})
    } | dict(orders or {})
    if len(columns) < len(target):
        raise ArgumentError("A target must be named once.", received=f"target={list(target)!r}")
    return encode_targets(columns, tasks=task, orders=orders)


def _own_order(values: pd.Series[Any]) -> list[str]:
    """Return the labels of an ordered categorical that occur, from the lowest; else none."""
    kind = values.dtype
    if not isinstance(kind, pd.CategoricalDtype) or not kind.ordered:
        return []
    return [str(one) for one in kind.categories if (values == one).any()]


def _check_known(values: pd.Series[Any], target: str) -> None:
    missing = values.isna().to_numpy()
    if missing.any():
        raise DataError(
            "Every example must have a target.",
            received=f"{int(missing.sum())} of {len(missing)} cells of {target!r} missing, "
            f"first in row {int(np.argmax(missing))}",
            fix="Leave those rows out.",
        )
