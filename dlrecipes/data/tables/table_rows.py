"""Which rows of a table are in which part, with official parts of their own tables."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlrecipes.checks import check_real
from dlrecipes.data.parts.columns import Columns
from dlrecipes.data.splitting import split_by_column, split_by_group, split_by_time, split_parts
from dlrecipes.data.splitting.split_rule import SplitRule
from dlrecipes.data.splitting.split_stratified import Rows, split_stratified
from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.results import plural


def table_rows(
    table: pd.DataFrame,
    labels: NDArray[np.int64],
    split_rule: SplitRule,
    inputs: Columns,
    times: NDArray[Any] | None,
    *,
    official: bool,
    minimum: int,
) -> tuple[Rows, Rows, Rows]:
    """Return the rows to train on, to validate on and to test on.

    Args:
        table: The table without an official test part.
        labels: The label of each row by which it is split, `(rows,)`; zeros for values.
        split_rule: How the rows are split. By chance, rows with the same inputs stay in one part.
        inputs: What the rows hold, as a model takes it.
        times: The time of each row; None where rows are not split by time.
        official: Whether the test part is another table, so that none is split off; as where
            `split_rule` wants none, the third array then says nothing.
        minimum: Smallest number of examples of a label in a part split by chance.

    Raises:
        DataError: If there are too few rows, groups or times.
        ArgumentError: If a fraction, a gap or the seed is outside its range.
    """
    by_chance = split_rule.group is None and split_rule.time is None and split_rule.part is None
    copies = _copies(inputs) if by_chance else None
    fractions = {
        "validation_fraction": split_rule.validation_fraction,
        "test_fraction": split_rule.test_fraction,
    }
    if not split_rule.has_test:  # what would be the test part trains along
        check_real("test_fraction", split_rule.test_fraction, 0, 1)  # False is no share
        share = check_real(
            "validation_fraction",
            split_rule.validation_fraction,
            0,
            1,
            low_open=True,
            high_open=True,
        )
        official, fractions["test_fraction"] = True, (1 - share) / 2
    if split_rule.part is not None:
        train, validation, test = split_by_column(table[split_rule.part].to_numpy(dtype=object))
        if validation is None:
            raise DataError(
                "A column of parts must have rows for validation, too.",
                received=f"{split_rule.part!r} with train and test only",
            )
        return train, validation, test
    if times is not None:
        gap = None if split_rule.gap is None else as_duration(split_rule.gap)
        if official:  # the latest rows validate: what comes after them must not train
            fractions["test_fraction"] = split_rule.validation_fraction
        train, validation, test, _ = split_by_time(times, gap=gap, **fractions)
        if official:
            return np.concatenate([train, validation]), test, test
        return train, validation, test
    if split_rule.group is not None or copies is not None:
        groups = (
            copies if split_rule.group is None else table[split_rule.group].to_numpy(dtype=object)
        )
        train, validation, test = split_by_group(
            groups, labels, split_seed=split_rule.split_seed, **fractions
        )
    else:
        train, validation, test = split_stratified(
            labels, split_seed=split_rule.split_seed, minimum=minimum, **fractions
        )
    # With an official test part, what would be the test trains along.
    return (np.concatenate([train, test]) if official else train), validation, test


def _copies(inputs: Columns) -> NDArray[np.int64] | None:
    """Return a number for each different row of inputs; None if all rows differ."""
    # A missing text is missing, as a missing number is, and comes last in the order of the codes.
    frame = pd.DataFrame(
        {
            name: pd.Series(values).replace("", None) if values.dtype == object else values
            for name, values in inputs.items()
        }
    )
    codes = np.asarray(frame.groupby(list(frame.columns), dropna=False).ngroup(), np.int64)
    different = len(np.unique(codes))
    if different < 3:
        raise DataError(
            "A table must have at least three different rows of inputs, one for each part.",
            received=f"{different} in {plural(len(codes), 'row')}; rows that are equal stay in "
            "one part",
        )
    return codes if different < len(codes) else None


def as_duration(gap: str | float) -> Any:  # noqa: ANN401  (a number, or a pandas duration)
    """Return a gap between times as a number, or as a duration.

    Args:
        gap: A number, or text such as `"7D"`.

    Raises:
        ArgumentError: If the text is neither.
    """
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


def with_columns_of(table: pd.DataFrame, test: pd.DataFrame) -> pd.DataFrame:
    """Return a test table's rows with the training table's columns, rows numbered from 0.

    Args:
        table: Training and validation rows.
        test: The official test part, with the same columns and perhaps others.

    Raises:
        DataError: If the test table lacks a column.
    """
    missing = [column for column in table.columns if column not in test]
    if missing:
        raise DataError(
            "The test table must have the columns of the training table.",
            received=f"a test table without {', '.join(map(repr, missing))}",
        )
    return test[list(table.columns)].reset_index(drop=True)


def with_labels_of(labels: pd.DataFrame, test: pd.DataFrame) -> pd.DataFrame:
    """Return a test table's targets, its labels written as in training.

    Args:
        labels: The targets of training and validation rows, typed.
        test: Those of the test rows, typed in the same way.

    Raises:
        DataError: If the test table has labels that training has not.
    """
    found = {}
    for name in labels.columns:
        values = test[name]
        if pd.api.types.is_numeric_dtype(labels[name]):
            whole = pd.api.types.is_integer_dtype(labels[name]) and not values.isna().any()
            if whole and np.array_equal(values, np.round(values)):
                values = values.astype("int64")
            found[name] = values
            continue
        known = set(labels[name].dropna())
        # The official test file of Adult ends its labels in a dot.
        plain = values.where(values.isna(), values.astype("str").str.removesuffix("."))
        if not set(values.dropna()) <= known and set(plain.dropna()) <= known:
            values = plain
        unknown = sorted(set(values.dropna()) - known)
        if unknown:
            odd = values.isin(unknown).to_numpy()
            raise DataError(
                "The test table's labels must be those of the training table.",
                received=f"{', '.join(map(repr, unknown[:5]))} in {int(odd.sum())} of "
                f"{plural(len(values), 'row')}, first in row {test.index[int(np.argmax(odd))]}",
                fix=f"Training has {', '.join(map(repr, sorted(known)[:20]))}: write them alike, "
                "or leave those rows out.",
            )
        found[name] = values
    return pd.DataFrame(found)


def join_parts(
    frames: Mapping[str, pd.DataFrame], target: str, split_rule: SplitRule
) -> tuple[pd.DataFrame, pd.DataFrame | None, SplitRule]:
    """Return a table, its official test part and how it is split, as `from_table` takes them.

    A given validation part asks for a column of parts; where no test part is given beside it,
    the column gives one a share of the training rows, stratified by class.

    Args:
        frames: `{"train", "validation" or "test": table}`; at least `"train"`.
        target: The column to be predicted.
        split_rule: How rows are split; what is returned has a column of parts where there is one.

    Raises:
        DataError: If there is no training part, or too little to split a test part off.
    """
    if "train" not in frames:
        raise DataError(
            "There must be a training part.", received=", ".join(frames) or "no part at all"
        )
    train = frames["train"]
    if target not in train:
        raise DataError(
            "A column must be named as it is in the table.",
            received=f"target={target!r}",
            fix=f"The columns are {', '.join(map(repr, train.columns[:30]))}.",
        )
    if "validation" not in frames:
        return train, frames.get("test"), split_rule
    part_of_row = np.full(len(train), "train", dtype=object)
    if "test" not in frames:
        labels = pd.factorize(train[target], use_na_sentinel=False)[0]
        few = np.bincount(labels).min() >= 2
        test = split_parts(
            labels if few else np.zeros(len(train)),
            validation_fraction=None,
            test_fraction=split_rule.test_fraction,
            split_seed=split_rule.split_seed,
        )[2]
        part_of_row[test] = "test"
    name = "part"
    while name in train:
        name += "_"
    parts = [train.assign(**{name: part_of_row})]
    parts += [frame.assign(**{name: part}) for part, frame in frames.items() if part != "train"]
    return pd.concat(parts, ignore_index=True), None, replace(split_rule, part=name)
