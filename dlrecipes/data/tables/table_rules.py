"""What the columns of a table are for, inputs and targets, and how every part is read by that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlrecipes.data.option_text import as_option
from dlrecipes.data.parts.columns import Columns
from dlrecipes.data.series.read_times import table_times, time_columns
from dlrecipes.data.sources import Cells, infer_columns, typed_table
from dlrecipes.data.sources.typed_table import read_texts
from dlrecipes.data.splitting.split_rule import SplitRule
from dlrecipes.data.tables.table_columns import Subgroups, subgroup_columns, table_columns
from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.results import Column, TableFile, TargetForm
from dlrecipes.targets.encode import (
    EncodedTargets,
    encode_target,
    encode_targets,
    with_positive,
)


@dataclass(frozen=True, eq=False)
class TableRules:
    """What a training table's columns are, by what they are for.

    Args:
        inputs: The columns that may be inputs; those of kind `"ignored"` are none.
        targets: The columns to be predicted.
        member: The column of the group or the series; None where there is none.
        names_of_time: The columns that make the time; empty where there is none.
        times: What these are.
        file: How the table's file was read; None for the usual.
    """

    inputs: tuple[Column, ...]
    targets: tuple[Column, ...]
    member: Column | None
    names_of_time: tuple[str, ...]
    times: tuple[Column, ...]
    file: TableFile | None

    @property
    def used(self) -> tuple[Column, ...]:
        """The columns that are inputs."""
        return tuple(column for column in self.inputs if column.kind != "ignored")

    @property
    def by_name(self) -> dict[str, Column]:
        """The rule of each column."""
        return {column.name: column for column in (*self.inputs, *self.targets)}

    def labels(self, table: pd.DataFrame, part: str = "") -> pd.DataFrame:
        """Return the targets of a table's rows, typed.

        Args:
            table: The training table, or a test table, raw.
            part: What the table is, for messages: `"test"`.
        """
        return typed_table(table, self.targets, file=self.file, part=part)

    def read(
        self, table: pd.DataFrame, subgroups: Subgroups | None = None, part: str = ""
    ) -> TableRead:
        """Return what a table's rows hold.

        Args:
            table: The training table, or a test table, raw.
            subgroups: What the groups of columns are; None for none.
            part: What the table is, for messages: `"test"`.

        Raises:
            DataError: If a cell cannot be read as training's were.
        """
        groups, time = None, None
        if self.member is not None:
            typed = typed_table(table, [self.member], file=self.file, part=part)
            groups = _members(typed.iloc[:, 0], part)
        if self.times:
            time = table_times(table, self.names_of_time, self.times, file=self.file, part=part)
        return TableRead(
            x=table_columns(table, self.inputs, file=self.file, part=part),
            groups=groups,
            time=time,
            subgroups=None if subgroups is None else subgroup_columns(table, subgroups, part=part),
        )


@dataclass(frozen=True, eq=False)
class TableRead:
    """What the rows of a table hold, one a row.

    Args:
        x: The inputs.
        groups: The group or the series of each row, or None.
        time: The time of each row, or None.
        subgroups: Its groups in other columns, or None.
    """

    x: Columns
    groups: NDArray[Any] | None
    time: NDArray[Any] | None
    subgroups: Columns | None

    def of(self, rows: NDArray[np.int64]) -> dict[str, Any]:
        """Return what some of the rows hold, as a `Split` takes it."""
        named = {"x": self.x, "groups": self.groups, "time": self.time, "subgroups": self.subgroups}
        return {name: None if values is None else values[rows] for name, values in named.items()}


def _members(values: pd.Series[Any], part: str) -> NDArray[np.str_]:
    """Return the group of each row as text, a whole number as such in every part."""
    if part and values.isna().any():
        row = values.index[int(np.argmax(values.isna().to_numpy()))]
        raise DataError(
            f"Every row of the {part} table must have a value in {values.name!r}.",
            received=f"{int(values.isna().sum())} missing, first in row {row}",
            fix="Fill in the missing values or leave those rows out.",
        )
    texts = read_texts(values, Column(str(values.name), "category"))
    return np.asarray(texts, dtype=object).astype(str)


def infer_rules(
    cells: Cells,
    targets: Sequence[str],
    split_rule: SplitRule,
    *,
    kinds: Mapping[str, str],
    drop: Sequence[str],
) -> TableRules:
    """Return what the columns of a training table are, by what they are for.

    Args:
        cells: The table without an official test part.
        targets: The columns to be predicted.
        split_rule: How rows are split into parts.
        kinds: Kinds of columns that are known better, see `infer_columns`.
        drop: Columns that are no inputs.

    Raises:
        DataError: If a column cannot be read, or if there is nothing to learn from.
    """
    table = cells.table
    outside = {*targets, *drop, split_rule.group, split_rule.part}
    inputs = [str(column) for column in table.columns if column not in outside]
    member = split_rule.group or split_rule.series
    roles = [*targets, *([member] if member is not None and member not in inputs else [])]
    known = {split_rule.series: "category"} if split_rule.series in inputs else {}
    known |= {name: kind for name, kind in kinds.items() if name in (*inputs, *roles)}
    rules = {
        column.name: column
        for column in infer_columns(
            table[[*inputs, *roles]],
            kinds=known,
            target=roles,
            file=cells.file,
            separator=cells.separator,
        )
    }
    columns = tuple(rules[name] for name in inputs)
    if all(column.kind == "ignored" for column in columns):
        raise _nothing_to_learn(columns)
    times = tuple(_time(name, rules.get(name), cells, kinds) for name in split_rule.times)
    return TableRules(
        columns,
        tuple(rules[name] for name in targets),
        None if member is None else rules[member],
        split_rule.times,
        times,
        cells.file,
    )


def _time(name: str, rule: Column | None, cells: Cells, kinds: Mapping[str, str]) -> Column:
    """Return what a column of the time is: as an input, it may be ignored or a category."""
    if rule is not None and rule.kind in ("number", "date"):
        return rule
    (column,) = time_columns(cells.table, [name], kinds=dict(kinds), file=cells.file)
    return column


def _nothing_to_learn(columns: Sequence[Column]) -> DataError:
    keys = [column.name for column in columns if "values are different" in column.evidence]
    fix = ""
    if keys:
        fix = (
            f"If {keys[0]!r} holds texts, say so: kinds={{{keys[0]!r}: 'text'}} "
            f"({as_option('kinds', f'{keys[0]}=text')})."
        )
    return DataError(
        "A table must have at least one column to learn from.",
        received="; ".join(f"{column.name!r}: {column.evidence}" for column in columns) or "none",
        fix=fix,
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
    return [str(label) for label in kind.categories if (values == label).any()]


def identifier_columns(
    cells: Cells, inputs: Sequence[Column], split_rule: SplitRule, drop: Sequence[str]
) -> tuple[str, ...]:
    """Return the columns that tell rows apart, in the order of the table.

    Those are the series or the group, and of the columns that are no inputs, whether they were
    found out or dropped, those whose values are names or numbers of the rows (`infer_columns`).

    Args:
        cells: The training table.
        inputs: The columns that may be inputs, those that are ignored among them.
        split_rule: How rows are split into parts.
        drop: The columns that were dropped.
    """
    unused = [*drop, *(column.name for column in inputs if column.kind == "ignored")]
    known = {column.name for column in inputs if column.is_identifier}
    found = {
        split_rule.series,
        split_rule.group,
        *known,
        *(name for name in unused if name not in known and _names_rows(cells, name)),
    }
    return tuple(str(name) for name in cells.table.columns if name in found)


def _names_rows(cells: Cells, name: str) -> bool:
    """Return whether a column would be ignored as an identifier."""
    try:
        (column,) = infer_columns(cells.table[[name]], file=cells.file, separator=cells.separator)
    except DataError:  # what cannot be read is no matter in a column that is left out
        return False
    return column.is_identifier
