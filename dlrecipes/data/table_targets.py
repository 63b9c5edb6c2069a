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
            fix=f"For example task={{{target[0]!r}: 'regression'}}."
            if target
            else "Name at least one target.",
        )
    columns = {name: table[name].to_numpy(dtype=object) for name in target}
    if len(columns) < len(target):
        raise ArgumentError("A target must be named once.", received=f"target={list(target)!r}")
    return encode_targets(columns, tasks=task, orders=orders)


def _check_known(values: pd.Series[Any], target: str) -> None:
    missing = values.isna().to_numpy()
    if missing.any():
        raise DataError(
            "Every example must have a target.",
            received=f"{int(missing.sum())} of {len(missing)} cells of {target!r} missing, "
            f"first in row {int(np.argmax(missing))}",
            fix="Leave those rows out.",
        )
