"""From a table to the three parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlrecipes.data.check_targets import check_known
from dlrecipes.data.joined_tables import joined_tables
from dlrecipes.data.read_times import table_times
from dlrecipes.data.sealed_split import SealedSplit
from dlrecipes.data.sources import infer_columns
from dlrecipes.data.split import Split
from dlrecipes.data.splits import Splits
from dlrecipes.data.strata import strata
from dlrecipes.data.subgroup_columns import subgroup_columns
from dlrecipes.data.table_columns import table_columns
from dlrecipes.data.table_drawing import Drawing
from dlrecipes.data.table_rows import as_duration, table_rows
from dlrecipes.data.table_targets import table_target, target_list
from dlrecipes.data.training_statistics import with_statistics
from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.results import Column, DataSpec


def from_table(  # noqa: PLR0913  (one argument a choice about the table)
    table: pd.DataFrame,
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

    What the columns are is told from the table without the official test part; `spec.columns`
    has it. The parts are raw: preprocess them with `TablePreprocess`.

    Args:
        table: One row an example, one column a feature, and the target.
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
            `"text"`, `"ignored"`.
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
    # ---- the target
    whole = table if test is None else joined_tables(table, test, targets)
    encoded = table_target(whole, target, task=task, orders=orders, positive=positive)
    y, official = encoded.values[: len(table)], encoded.values[len(table) :]
    # ---- the inputs
    outside = {*targets, drawing.group, drawing.part, *drop}
    inputs = table[[one for one in table.columns if one not in outside]]
    known = {drawing.series: "category"} if drawing.series and drawing.series in inputs else {}
    columns: tuple[Column, ...] = ()
    if len(inputs.columns):
        columns = infer_columns(inputs, kinds={**known, **dict(kinds or {})})
    if all(one.kind == "ignored" for one in columns):
        raise DataError(
            "A table must have at least one column to learn from.",
            received="; ".join(f"{one.name!r}: {one.evidence}" for one in columns) or "none",
        )
    x = table_columns(table, columns)
    used = tuple(one for one in columns if one.kind != "ignored")
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
        ignored=tuple(one for one in columns if one.kind == "ignored"),
        targets=encoded.targets,
    )
    # ---- the rows of the parts; R² needs two examples
    minimum = 1 if any((spec.classes, *(one.classes for one in spec.targets))) else 2
    train, validation, held_out = table_rows(
        table,
        strata(y, spec, least=3 * minimum),
        drawing,
        [one.name for one in used],
        official=test is not None,
        minimum=minimum,
    )
    member = drawing.group or drawing.series
    groups = None if member is None else whole[member].to_numpy(dtype=object).astype(str)
    times = table_times(whole, drawing.times) if drawing.times else None
    subgroups = subgroup_columns(whole, subgroup, train, targets[0], kinds) if subgroup else None

    def part(rows: NDArray[np.int64]) -> Split:
        return Split(
            x=x[rows],
            y=y[rows],
            ids=rows,
            groups=None if groups is None else groups[rows],
            time=None if times is None else times[rows],
            subgroups=None if subgroups is None else subgroups[rows],
        )

    if test is None:
        sealed = part(held_out)
    else:
        ids = np.array([f"test {row}" for row in range(len(test))])
        sealed = Split(
            x=table_columns(whole[len(table) :], columns),
            y=official,
            ids=ids,
            groups=None if groups is None else groups[len(table) :],
            time=None if times is None else times[len(table) :],
            subgroups=None if subgroups is None else subgroups[len(table) :],
        )
    parts = part(train), part(validation)
    check_known(zip(("training", "validation", "test"), (*parts, sealed), strict=True), spec)
    spec = with_statistics(spec, parts[0])
    gap = None if drawing.gap is None else as_duration(drawing.gap)
    return Splits(*parts, SealedSplit(sealed), spec, split_seed=drawing.seed, gap=gap)


def _check_names(table: pd.DataFrame, named: Mapping[str, str | None]) -> None:
    for what, column in named.items():
        if column is not None and column not in table:
            shown = ", ".join(repr(one) for one in table.columns[:30])
            raise DataError(
                "A column must be named as it is in the table.",
                received=f"{what}={column!r}",
                fix=f"The columns are {shown}.",
            )
