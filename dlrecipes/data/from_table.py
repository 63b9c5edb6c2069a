"""From a table to the three parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlrecipes.data.drawing import split_by_column, split_by_group, split_by_time
from dlrecipes.data.positive_class import with_positive
from dlrecipes.data.read_times import table_times
from dlrecipes.data.sealed_split import SealedSplit
from dlrecipes.data.sources import infer_columns
from dlrecipes.data.split import Split
from dlrecipes.data.split_stratified import split_stratified
from dlrecipes.data.splits import Splits
from dlrecipes.data.subgroup_columns import subgroup_columns
from dlrecipes.data.table_columns import table_columns
from dlrecipes.data.table_drawing import Drawing
from dlrecipes.data.targets import encode_target
from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.results import Column, DataSpec


def from_table(  # noqa: PLR0913  (one argument a choice about the table)
    table: pd.DataFrame,
    target: str,
    *,
    test: pd.DataFrame | None = None,
    drawing: Drawing | None = None,
    name: str = "table",
    task: str | None = None,
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
        target: The column to be predicted.
        test: An official test part with the same columns; None to draw one.
        drawing: How rows are dealt to the parts; None for by chance, stratified by class. Beside
            an official test part only training and validation are drawn.
        name: What the data is called in reports.
        task: `"classification"` or `"regression"`; None to tell it from the target.
        kinds: Kinds of columns that are known better: `"number"`, `"category"`, `"date"`,
            `"ignored"`.
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
    named = {"target": target, "group": drawing.group, "part": drawing.part}
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
    if target in drop:
        raise ArgumentError(
            "The target must not be dropped.",
            received=f"target={target!r}, drop={list(drop)!r}",
            fix="It is no input anyway.",
        )
    # ---- the target
    whole = table if test is None else _joined(table, test, target)
    _check_target(whole[target], target)
    encoded = encode_target(whole[target].to_numpy(dtype=object), task=task)
    encoded = encoded if positive is None else with_positive(encoded, positive)
    y, official = encoded.values[: len(table)], encoded.values[len(table) :]
    # ---- the inputs
    outside = {target, drawing.group, drawing.part, *drop}
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
    # ---- the rows of the parts
    used = tuple(one for one in columns if one.kind != "ignored")
    by_chance = drawing.group is None and drawing.time is None and drawing.part is None
    copies = _copies(table[[one.name for one in used]]) if by_chance else None
    train, validation, held_out = _rows(
        table, y, encoded.task, drawing, copies, official=test is not None
    )
    member = drawing.group or drawing.series
    groups = None if member is None else whole[member].to_numpy(dtype=object).astype(str)
    times = table_times(whole, drawing.times) if drawing.times else None
    subgroups = subgroup_columns(whole, subgroup, train, target, kinds) if subgroup else None

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
    regression = encoded.task == "regression"
    learned = parts[0].y
    priors = () if regression else np.bincount(learned, minlength=len(encoded.classes))
    spec = DataSpec(
        name=name,
        task=encoded.task,
        input_shape=(len(used),),
        input_dtype="columns",
        kind="table",
        classes=encoded.classes,
        priors=tuple(float(count) / len(learned) for count in priors),
        target_mean=float(learned.mean(dtype=np.float64)) if regression else 0.0,
        target_std=float(learned.std(dtype=np.float64)) if regression else 1.0,
        train_size=len(learned),
        columns=used,
        ignored=tuple(one for one in columns if one.kind == "ignored"),
    )
    gap = None if drawing.gap is None else _duration(drawing.gap)
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


def _check_target(values: pd.Series[Any], target: str) -> None:
    missing = values.isna().to_numpy()
    if missing.any():
        raise DataError(
            "Every example must have a target.",
            received=f"{int(missing.sum())} of {len(missing)} cells of {target!r} missing, "
            f"first in row {int(np.argmax(missing))}",
            fix="Leave those rows out.",
        )


def _joined(table: pd.DataFrame, test: pd.DataFrame, target: str) -> pd.DataFrame:
    """Return both tables on top of each other, the test's labels as in training."""
    missing = [one for one in table.columns if one not in test]
    if missing:
        raise DataError(
            "The test table must have the columns of the training table.",
            received=f"a test table without {', '.join(map(repr, missing))}",
        )
    test = test[list(table.columns)].copy()
    if not pd.api.types.is_numeric_dtype(table[target]):
        known = set(table[target].dropna())
        # The official test file of Adult ends its labels in a dot.
        plain = test[target].astype("str").str.removesuffix(".")
        if not set(test[target].dropna()) <= known and set(plain.dropna()) <= known:
            test[target] = plain
        unknown = sorted(set(test[target].dropna()) - known)
        if unknown:
            raise DataError(
                "The test table's labels must be those of the training table.",
                received=", ".join(map(repr, unknown[:5])),
            )
    return pd.concat([table, test], ignore_index=True)


def _rows(
    table: pd.DataFrame,
    y: NDArray[Any],
    task: str,
    drawing: Drawing,
    copies: NDArray[np.int64] | None,
    *,
    official: bool,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    labels = np.zeros(len(y), dtype=np.int64) if task == "regression" else y
    fractions = {
        "validation_fraction": drawing.validation_fraction,
        "test_fraction": drawing.test_fraction,
    }
    if drawing.part is not None:
        train, validation, test = split_by_column(table[drawing.part].to_numpy(dtype=object))
        if validation is None:
            raise DataError(
                "A column of parts must have rows for validation, too.",
                received=f"{drawing.part!r} with train and test only",
            )
        return train, validation, test
    if drawing.times:
        gap = None if drawing.gap is None else _duration(drawing.gap)
        if official:  # the latest rows validate: what comes after them must not train
            fractions["test_fraction"] = drawing.validation_fraction
        train, validation, test, _ = split_by_time(
            table_times(table, drawing.times), gap=gap, **fractions
        )
        if official:
            return np.concatenate([train, validation]), test, test
        return train, validation, test
    if drawing.group is not None or copies is not None:
        groups = copies if drawing.group is None else table[drawing.group].to_numpy(dtype=object)
        train, validation, test = split_by_group(
            groups, labels, split_seed=drawing.seed, **fractions
        )
    else:
        minimum = 2 if task == "regression" else 1
        train, validation, test = split_stratified(
            labels, split_seed=drawing.seed, minimum=minimum, **fractions
        )
    # With an official test part, what would be the test trains along.
    return (np.concatenate([train, test]) if official else train), validation, test


def _copies(inputs: pd.DataFrame) -> NDArray[np.int64] | None:
    """Return a number for each different row of inputs; None if all rows differ."""
    codes = np.asarray(inputs.groupby(list(inputs.columns), dropna=False).ngroup(), np.int64)
    different = len(np.unique(codes))
    if different < 3:
        raise DataError(
            "A table must have at least three different rows of inputs, one for each part.",
            received=f"{different} in {len(codes)} rows; rows that are equal stay in one part",
        )
    return codes if different < len(codes) else None


def _duration(gap: str | float) -> Any:  # noqa: ANN401  (a number, or a pandas duration)
    if not isinstance(gap, str):
        return gap
    with suppress(ValueError):
        return float(gap)  # between times that are numbers
    try:
        return pd.Timedelta(gap)
    except ValueError as error:
        raise ArgumentError(
            "A gap is a number, or a duration as in '7D' or '12h'.", received=f"gap={gap!r}"
        ) from error
