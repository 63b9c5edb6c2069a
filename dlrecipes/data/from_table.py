"""From a table to the three parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlrecipes.data.check_targets import check_known
from dlrecipes.data.official_test import with_columns_of, with_labels_of
from dlrecipes.data.option_text import as_option
from dlrecipes.data.read_times import table_times, time_columns
from dlrecipes.data.sealed_split import SealedSplit
from dlrecipes.data.sources import Cells, infer_columns, typed_table
from dlrecipes.data.split import Split
from dlrecipes.data.splits import Splits
from dlrecipes.data.strata import strata
from dlrecipes.data.subgroup_columns import Subgroups, subgroup_columns
from dlrecipes.data.table_columns import table_columns
from dlrecipes.data.table_drawing import Drawing
from dlrecipes.data.table_rows import as_duration, table_rows
from dlrecipes.data.table_targets import own_orders, table_target, target_list
from dlrecipes.data.training_statistics import with_statistics
from dlrecipes.data.unlabelled_rows import leave_out_unlabelled
from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.results import Column, DataSpec


def from_table(  # noqa: PLR0913  (one argument a choice about the table)
    table: pd.DataFrame | Cells,
    target: str | Sequence[str],
    *,
    test: pd.DataFrame | None = None,
    drawing: Drawing | None = None,
    name: str = "table",
    task: str | Mapping[str, str] | None = None,
    orders: Mapping[str, Sequence[str]] | None = None,
    kinds: Mapping[str, str] | None = None,
    drop: Sequence[str] = (),
    subgroup: Sequence[str] = (),
    positive: str | None = None,
) -> Splits:
    """Return a table's training, validation and sealed test part.

    What the columns are is told once, from the table without the official test part, and every
    cell of every part is read by that; `spec.columns` has it. Rows without a target are left out,
    which the audit counts. The parts are raw: preprocess them with `TablePreprocess`.

    Args:
        table: One row an example, one column a feature, and the target; or the cells of a file as
            they stand (`read_cells`).
        target: The column to be predicted; a list of columns for several targets, which may be
            missing here and there (`build_multitask`).
        test: An official test part with the same columns; None to draw one.
        drawing: How rows are dealt to the parts; None for by chance, stratified by class. Beside
            an official test part only training and validation are drawn.
        name: What the data is called in reports.
        task: `"classification"` or `"regression"`; None to tell it from the target. Of several
            targets `{column: task}`, with `"ordinal"` for classes in an order; those it does not
            name are told from their values.
        orders: `{column: labels from the lowest to the highest}` of ordinal targets among several
            whose labels are text.
        kinds: Kinds of columns that are known better: `"number"`, `"category"`, `"date"`,
            `"text"`, `"ignored"`; `"day-first"` or `"month-first"` for dates such as 05/06/2024.
        drop: Columns that are no inputs, such as one that is known only after the fact.
        subgroup: Columns of sex, age, … over whose groups the score is compared, inputs or not;
            `subgroup_columns` says what the groups are.
        positive: Of two classes, the one that is looked for, class 1; None for the label that
            comes later in sorted order.

    Raises:
        DataError: If the table cannot be trained on as it is.
        ArgumentError: If an argument is outside its range.
    """
    drawing = drawing or Drawing()
    given = table if isinstance(table, Cells) else Cells(table)
    table, file = given.table, given.file
    targets = [target] if isinstance(target, str) else target_list(target)
    named: dict[str, str | None] = {"group": drawing.group, "part": drawing.part}
    named |= (
        {"target": target}
        if isinstance(target, str)
        else {f"target[{at}]": one for at, one in enumerate(targets)}
    )
    named |= {
        "series": drawing.series,
        **{f"time[{at}]": one for at, one in enumerate(drawing.times)},
    }
    if test is not None and drawing.part is not None:
        raise ArgumentError(
            "The test part is a table of its own, or named by a column.",
            received=f"a test table and part={drawing.part!r}",
            fix="Give one of them.",
        )
    named |= {f"drop[{at}]": one for at, one in enumerate(drop)}
    named |= {f"subgroup[{at}]": one for at, one in enumerate(subgroup)}
    _check_names(table, named)
    dropped = [one for one in targets if one in drop]
    if dropped:
        raise ArgumentError(
            "The target must not be dropped.",
            received=f"target={', '.join(map(repr, dropped))}, drop={list(drop)!r}",
            fix="It is no input anyway.",
        )
    if subgroup and not isinstance(target, str):
        raise ArgumentError(
            "Subgroups are compared over the score of a single target.",
            received=f"target={targets!r} and subgroup={list(subgroup)!r}",
            fix="Leave one of them out.",
        )
    # ---- rows with a target, under the numbers that they have in the file
    table, noticed = leave_out_unlabelled(table, targets, blanks=given.blanks)
    if test is not None:
        test = with_columns_of(table, test)
        test, lacking = leave_out_unlabelled(test, targets, part="test")
        noticed += lacking
    # ---- what the columns are, and what is predicted
    outside = {*targets, *drop} | {drawing.group, drawing.part} - {None}
    inputs = [str(column) for column in table.columns if column not in outside]
    member = drawing.group or drawing.series
    members = [] if member is None else [member]
    roles = [*targets, *(name for name in members if name not in inputs)]
    known = {drawing.series: "category"} if drawing.series in inputs else {}
    kinds = dict(kinds or {})
    _check_names(table, {f"kinds[{name!r}]": name for name in kinds})
    of_all = {
        column.name: column
        for column in infer_columns(
            table[[*inputs, *roles]],
            kinds={**known, **{name: kind for name, kind in kinds.items() if name not in outside}}
            | {name: kind for name, kind in kinds.items() if name in roles},
            target=roles,
            file=file,
            separator=given.separator,
        )
    }
    columns = tuple(of_all[name] for name in inputs)
    if all(column.kind == "ignored" for column in columns):
        raise _nothing_to_learn(columns)
    rules = [of_all[name] for name in targets]
    labels = typed_table(table, rules, file=file)
    orders = own_orders(table, targets, task) | dict(orders or {})
    if test is not None:
        of_test = with_labels_of(labels, typed_table(test, rules, file=file, part="test"))
        labels = pd.concat([labels, of_test], ignore_index=True)
    encoded = table_target(labels, target, rules, task=task, orders=orders, positive=positive)
    y, official = encoded.values[: len(table)], encoded.values[len(table) :]
    # ---- the inputs
    x = table_columns(table, columns, file=file)
    used = tuple(column for column in columns if column.kind != "ignored")
    spec = DataSpec(
        name=name,
        task=encoded.task,
        input_shape=(len(used),),
        input_dtype="columns",
        kind="table",
        classes=encoded.classes,
        priors=(),
        target_mean=0.0,
        target_std=1.0,
        train_size=0,
        columns=used,
        ignored=tuple(column for column in columns if column.kind == "ignored"),
        targets=encoded.targets,
        file=file,
    )
    # ---- the rows of the parts; R² needs two examples
    minimum = 1 if any((spec.classes, *(target.classes for target in spec.targets))) else 2
    timed = time_columns(table, drawing.times, kinds=kinds, file=file) if drawing.times else ()
    times = table_times(table, drawing.times, timed, file=file) if timed else None
    train, validation, held_out = table_rows(
        table,
        strata(y, spec, least=3 * minimum),
        drawing,
        x,
        times,
        official=test is not None,
        minimum=minimum,
    )
    rules_of_members = [of_all[name] for name in members]
    groups = _members(typed_table(table, rules_of_members, file=file)) if members else None
    groups_of = Subgroups(subgroup, table, train, targets[0], of_all, kinds, file)
    subgroups = subgroup_columns(table, groups_of) if subgroup else None
    numbers = table.index.to_numpy()

    def part(rows: NDArray[np.int64]) -> Split:
        return Split(
            x=x[rows],
            y=y[rows],
            ids=numbers[rows],
            groups=None if groups is None else groups[rows],
            time=None if times is None else times[rows],
            subgroups=None if subgroups is None else subgroups[rows],
        )

    if test is None:
        sealed = part(held_out)
    else:
        of_members = typed_table(test, rules_of_members, file=file, part="test")
        sealed = Split(
            x=table_columns(test, columns, file=file, part="test"),
            y=official,
            ids=np.array([f"test {row}" for row in test.index]),
            groups=_members(of_members) if members else None,
            time=table_times(test, drawing.times, timed, file=file, part="test") if timed else None,
            subgroups=subgroup_columns(test, groups_of, part="test") if subgroup else None,
        )
    parts = part(train), part(validation)
    check_known(zip(("training", "validation", "test"), (*parts, sealed), strict=True), spec)
    spec = with_statistics(spec, parts[0])
    gap = None if drawing.gap is None else as_duration(drawing.gap)
    return Splits(
        *parts, SealedSplit(sealed), spec, split_seed=drawing.seed, gap=gap, noticed=noticed
    )


def _members(typed: pd.DataFrame) -> NDArray[np.str_]:
    return typed.iloc[:, 0].to_numpy(dtype=object).astype(str)


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


def _check_names(table: pd.DataFrame, named: Mapping[str, str | None]) -> None:
    for what, column in named.items():
        if column is not None and column not in table:
            shown = ", ".join(repr(one) for one in table.columns[:30])
            raise DataError(
                "A column must be named as it is in the table.",
                received=f"{what}={column!r}",
                fix=f"The columns are {shown}.",
            )
