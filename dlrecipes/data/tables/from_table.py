"""From a table to the three parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlrecipes.checks import check_list, check_mapping, did_you_mean
from dlrecipes.data.option_text import as_option
from dlrecipes.data.parts.balance import reweigh_groups
from dlrecipes.data.parts.part_targets import check_known, with_statistics
from dlrecipes.data.parts.sealed_split import SealedSplit
from dlrecipes.data.parts.split import Split
from dlrecipes.data.parts.splits import Splits
from dlrecipes.data.series.table_lags import NO_LAGS, as_lags, find_lags, with_lags
from dlrecipes.data.sources import Cells
from dlrecipes.data.sources.unlabelled_rows import leave_out_unlabelled
from dlrecipes.data.splitting.split_rule import SplitRule
from dlrecipes.data.tables.by_exposure import by_exposure
from dlrecipes.data.tables.drop_outliers import drop_outliers
from dlrecipes.data.tables.table_columns import Subgroups, subgroup_columns
from dlrecipes.data.tables.table_rows import (
    as_duration,
    table_rows,
    with_columns_of,
    with_labels_of,
)
from dlrecipes.data.tables.table_rules import (
    TableRules,
    identifier_columns,
    infer_rules,
    own_orders,
    table_target,
    target_list,
)
from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.results import DataSpec, Finding, Lags
from dlrecipes.targets import least_of_part, strata
from dlrecipes.targets.encode import EncodedTargets


@dataclass(frozen=True)
class ColumnRules:
    """What the columns of a table are, where that is known better than it can be told.

    Args:
        kinds: `{column: kind}`, of `"number"`, `"category"`, `"date"`, `"text"`, `"list"`,
            `"parts"`, `"dna"`, `"ignored"`; `"category"` leaves a cell with several facts as it
            stands; `"day-first"` or `"month-first"` for dates such as 05/06/2024.
        orders: `{column: labels from the lowest to the highest}` of ordinal targets whose labels
            are text.
        drop: Columns that are no inputs, such as one that is known only after the fact.
        lags: Earlier targets that become inputs of a table with a time, durations or rows (`"24h"`,
            7), see `add_lags`; `"step"` for a forecast one step ahead, with the lags that are known
            by then; `"none"` for none: which ones are known when the model predicts, only you can
            say.
        subgroup: Columns of sex, age, … over whose groups the score is compared, inputs or not;
            `subgroup_columns` says what the groups are.
        reweigh: One of `subgroup` whose groups and the label are made independent by weights of
            the training and validation examples, see `reweigh_groups`; None for no weights.
        exposure: Column by which counts (`task="count"`) become rates, see `by_exposure`; None for
            counts as they are.
        drop_outliers: Columns of numbers; training rows in which one lies far out are left out,
            and a finding says how many each class and group loses, see `drop_outliers`. None are
            left out by default: the recipes clip numbers.

    Raises:
        ArgumentError: If text stands where a list or a dictionary must.

    Example:
        >>> import pandas as pd
        >>> table = pd.DataFrame(
        ...     {
        ...         "zip": [1, 2] * 10,
        ...         "debt": np.sqrt(range(20)),
        ...         "id": range(20),
        ...         "paid": ["no", "yes"] * 10,
        ...     }
        ... )
        >>> rules = dlr.data.ColumnRules(kinds={"zip": "category"}, drop=["id"])
        >>> splits = dlr.data.from_table(table, "paid", column_rules=rules)
        >>> [(column.name, column.kind) for column in splits.raw_spec.columns]
        [('zip', 'category'), ('debt', 'number')]
    """

    kinds: Mapping[str, str] = field(default_factory=dict)
    orders: Mapping[str, Sequence[str]] = field(default_factory=dict)
    drop: Sequence[str] = ()
    lags: str | int | Sequence[str | int] = NO_LAGS
    subgroup: Sequence[str] = ()
    reweigh: str | None = None
    exposure: str | None = None
    drop_outliers: Sequence[str] = ()

    def __post_init__(self) -> None:
        for name in ("drop", "subgroup", "drop_outliers"):
            check_list(name, getattr(self, name))
        for name in ("kinds", "orders"):
            check_mapping(name, getattr(self, name))


def from_table(
    table: pd.DataFrame | Cells,
    target: str | Sequence[str],
    *,
    task: str | Mapping[str, str] | None = None,
    positive: str | None = None,
    test: pd.DataFrame | Cells | None = None,
    split_rule: SplitRule | None = None,
    column_rules: ColumnRules | None = None,
    name: str = "table",
) -> Splits:
    """Return a table's training, validation and sealed test part, if it is to have one.

    What the columns are is told once, from the table without the official test part, and every
    cell of every part is read by that; `spec.columns` has it. Rows without a target are left out,
    which the audit counts. The parts are raw: preprocess them with `TablePreprocess`.

    Args:
        table: One row an example, one column a feature, and the target; or the cells of a file as
            they stand (`read_cells`).
        target: The column to be predicted; a list of columns for several targets, which may be
            missing here and there (`build_multitask`).
        task: `"classification"`, `"ordinal"`, `"regression"` or `"count"`; None to tell it from
            the target. Of several targets `{column: task}`; those it does not name are told from
            their values.
        positive: Of two classes, the one that is looked for, class 1; None for the label that
            comes later in sorted order.
        test: An official test part with the same columns; None to split one off.
        split_rule: How rows are split into parts; None for by chance, stratified by class. Beside
            an official test part only training and validation are split.
        column_rules: What the columns are, where that is known better; None to tell all of it.
        name: What the data is called in reports.

    Raises:
        DataError: If the table cannot be trained on as it is.
        ArgumentError: If an argument is outside its range.

    Example:
        >>> import pandas as pd
        >>> table = pd.DataFrame(
        ...     {
        ...         "age": [31, 45, 28, 52] * 5,
        ...         "town": ["Oslo", "Bergen"] * 10,
        ...         "paid": ["no", "yes"] * 10,
        ...     }
        ... )
        >>> splits = dlr.data.from_table(table, "paid")
        >>> [(column.name, column.kind) for column in splits.raw_spec.columns]
        [('age', 'number'), ('town', 'category')]
        >>> len(splits.train), len(splits.validation), len(splits.test)
        (10, 5, 5)
    """
    split_rule, column_rules = split_rule or SplitRule(), column_rules or ColumnRules()
    kinds, drop = dict(column_rules.kinds), tuple(column_rules.drop)
    subgroup = tuple(column_rules.subgroup)
    given = table if isinstance(table, Cells) else Cells(table)
    table = given.table
    targets = [target] if isinstance(target, str) else target_list(target)
    _check_arguments(table, target, test is not None, split_rule, drop, subgroup)
    of_test = test if isinstance(test, Cells) or test is None else Cells(test)
    test = None if of_test is None else with_columns_of(table, of_test.table)
    # ---- earlier targets, of all rows: training sees none of the test's, wherever they lie
    wanted = as_lags(column_rules.lags)
    found: Lags | None = None
    repeated: tuple[Finding, ...] = ()
    if wanted:
        found, repeated = find_lags(given, targets, wanted, split_rule, kinds=kinds, drop=drop)
    if found is not None:
        if test is not None:
            test = with_lags(test, found, given.file, before=table, part="test")
        table = with_lags(table, found, given.file)
    # ---- rows with a target, under the numbers that they have in the file
    table, noticed = leave_out_unlabelled(table, targets, blanks=given.blanks)
    noticed += repeated
    if test is not None and of_test is not None:
        test, lacking = leave_out_unlabelled(test, targets, blanks=of_test.blanks, part="test")
        noticed += lacking
    # ---- what the columns are, and what is predicted
    _check_names(table, {f"kinds[{name!r}]": name for name in kinds})
    labelled = replace(given, table=table)
    rules = infer_rules(labelled, targets, split_rule, kinds=kinds, drop=drop)
    labels = rules.labels(table)
    if test is not None:
        of_rows = with_labels_of(labels, rules.labels(test, "test"))
        labels = pd.concat([labels, of_rows], ignore_index=True)
    encoded = _encoded(
        labels,
        target,
        rules,
        noticed,
        task=task,
        orders=own_orders(table, targets, task) | dict(column_rules.orders),
        positive=positive,
    )
    y, official = encoded.values[: len(table)], encoded.values[len(table) :]
    spec = DataSpec(
        name=name,
        input_shape=(len(rules.used),),
        input_dtype="columns",
        kind="table",
        columns=rules.used,
        ignored=tuple(column for column in rules.inputs if column.kind == "ignored"),
        targets=encoded.targets,
        file=rules.file,
        lags=found,
        time=split_rule.times,
        identifiers=identifier_columns(labelled, rules.inputs, split_rule, drop),
    )
    # ---- the rows of the parts
    minimum = least_of_part(spec)
    whole = rules.read(table)
    train, validation, held_out = table_rows(
        table,
        strata(y, spec, least=3 * minimum),
        split_rule,
        whole.x,
        whole.time,
        official=test is not None,
        minimum=minimum,
    )
    groups = None
    if subgroup:
        groups = Subgroups(subgroup, table, train, targets[0], rules.by_name, kinds, rules.file)
        whole = replace(whole, subgroups=subgroup_columns(table, groups))

    def part(rows: NDArray[np.int64]) -> Split:
        return Split(y=y[rows], ids=table.index.to_numpy()[rows], **whole.of(rows))

    parts = part(train), part(validation)
    sealed: Split | None = None
    if test is None:
        sealed = part(held_out) if split_rule.has_test else None
    else:
        every = np.arange(len(test))
        ids = np.array([f"test {row}" for row in test.index])
        sealed = Split(y=official, ids=ids, **rules.read(test, groups, "test").of(every))
    known = {"training": parts[0], "validation": parts[1]}
    check_known((known if sealed is None else known | {"test": sealed}).items(), spec)
    gap = None if split_rule.gap is None else as_duration(split_rule.gap)
    splits = Splits(
        *parts,
        SealedSplit(sealed),
        with_statistics(spec, parts[0]),
        split_seed=split_rule.split_seed,
        gap=gap,
        noticed=noticed,
    )
    return _with_rules(splits, column_rules)


def _with_rules(splits: Splits, rules: ColumnRules) -> Splits:
    """Return the parts with rows dropped, counts made rates and rows weighted, as asked."""
    if rules.drop_outliers:
        splits = drop_outliers(splits, rules.drop_outliers)
    if rules.exposure is not None:
        splits = by_exposure(splits, rules.exposure)
    return splits if rules.reweigh is None else reweigh_groups(splits, rules.reweigh)


def _check_arguments(
    table: pd.DataFrame,
    target: str | Sequence[str],
    has_test: bool,
    split_rule: SplitRule,
    drop: Sequence[str],
    subgroup: Sequence[str],
) -> None:
    """Check that the columns exist, and that what is asked for goes together."""
    targets = [target] if isinstance(target, str) else list(target)
    named: dict[str, str | None] = {"group": split_rule.group, "part": split_rule.part}
    named |= (
        {"target": target}
        if isinstance(target, str)
        else {f"target[{at}]": name for at, name in enumerate(targets)}
    )
    named |= {
        "series": split_rule.series,
        **{f"time[{at}]": name for at, name in enumerate(split_rule.times)},
    }
    if has_test and split_rule.part is not None:
        raise ArgumentError(
            "The test part is a table of its own, or named by a column.",
            received=f"a test table and part={split_rule.part!r}",
            fix="Give one of them.",
        )
    named |= {f"drop[{at}]": name for at, name in enumerate(drop)}
    named |= {f"subgroup[{at}]": name for at, name in enumerate(subgroup)}
    _check_names(table, named)
    dropped = [name for name in targets if name in drop]
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


def _encoded(
    labels: pd.DataFrame,
    target: str | Sequence[str],
    rules: TableRules,
    noticed: Sequence[Finding],
    **choices: Any,  # noqa: ANN401  (what `table_target` takes)
) -> EncodedTargets:
    """Return the target of all parts, encoded; an error says which rows were left out before."""
    try:
        return table_target(labels, target, rules.targets, **choices)
    except DataError as error:  # perhaps because a class was taken for missing
        said = " ".join(f"{finding.verdict} {finding.advice}" for finding in noticed)
        raise DataError(f"{error} {said}".strip()) from error


def _check_names(table: pd.DataFrame, named: Mapping[str, str | None]) -> None:
    for what, column in named.items():
        if column is not None and column not in table:
            shown = ", ".join(repr(column) for column in table.columns[:30])
            raise DataError(
                "A column must be named as it is in the table.",
                received=f"{what}={column!r}",
                fix=f"{_hint(what, column, table)} The columns are {shown}.".strip(),
            )


def _hint(what: str, column: str, table: pd.DataFrame) -> str:
    """Return what was meant, perhaps; of a comma, whether it is in a name or between two."""
    option = what.partition("[")[0]
    for name in map(str, table):
        if "," in name and column in (part.strip() for part in name.split(",")):
            return (
                f"A name with a comma stands in quotes on the command line "
                f"({as_option(option, name)})."
            )
    names = [name.strip() for name in column.split(",")]
    if len(names) > 1 and all(name in table for name in names):
        return f"Several columns are a list: {option}={names!r}."
    return did_you_mean(column, map(str, table))
