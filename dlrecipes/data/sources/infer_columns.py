"""What the columns of a table are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from dlrecipes.data.sources.column import KINDS, Column
from dlrecipes.data.sources.dates import detect_date_format, parse_dates
from dlrecipes.data.sources.forced_column import forced_column
from dlrecipes.data.sources.plain_values import (
    amount,
    cells,
    check_finite,
    described,
    numbers_in,
    plain_values,
)
from dlrecipes.errors import DataError

MOSTLY = 0.9
MANY_CATEGORIES = 10_000
LEAST_IDENTIFIERS = 20
TEXT_WORDS = 3.0
TEXT_DISTINCT = 0.5
TEXT_VALUES = 1_000
_KEY_NAME = re.compile(r"(^|[_\s.\-])(?i:id|uuid|guid|key|index)$|[a-z0-9](Id|ID)$")


def infer_columns(
    frame: pd.DataFrame,
    *,
    kinds: Mapping[str, str] | None = None,
    target: Sequence[str] = (),
) -> tuple[Column, ...]:
    """Return what each column is, with what speaks for it.

    Numbers stay numbers, also whole numbers with few values. Text is a date if 99 % of it are
    dates in one format, text if it has three words on average and most of it differs or there are
    more than 1,000 different ones, else a category. Row numbers, keys, constants and columns
    without any value are ignored.

    Args:
        frame: The table, for example of `read_table`.
        kinds: Kinds that the user knows better, by column: `"number"`, `"category"`, `"date"`,
            `"text"` or `"ignored"`.
        target: Columns to be predicted, which are never ignored or text.

    Returns:
        One a column, in their order. A number column may still be text in the table:
        `pandas.to_numeric` reads it. `parse_dates` reads a date column.

    Raises:
        DataError: If a column or kind is unknown, if a column of numbers has text or infinite
            values in it, if dates have different time zones, or if a column holds anything but
            numbers, text, dates and booleans.
    """
    _check_frame(frame)
    kinds = dict(kinds or {})
    _check_names(frame, kinds, target)
    columns = []
    for name in frame.columns:
        series = frame[name]
        if kinds.get(name) == "ignored":
            columns.append(Column(name, "ignored", "left out as asked"))
        elif name in kinds:
            columns.append(forced_column(name, plain_values(name, series), kinds[name]))
        else:
            columns.append(_infer(name, series, is_target=name in target))
    return tuple(columns)


def _check_frame(frame: pd.DataFrame) -> None:
    if not len(frame) or not len(frame.columns):
        raise DataError(
            "A table must have at least one row and one column.",
            received=f"{len(frame)} rows and {len(frame.columns)} columns",
        )
    if not all(isinstance(name, str) for name in frame.columns):
        raise DataError(
            "The names of columns must be text.",
            received=", ".join(repr(name) for name in frame.columns[:10]),
            fix="Set frame.columns = frame.columns.map(str).",
        )
    if frame.columns.has_duplicates:
        twice = frame.columns[frame.columns.duplicated()].unique()
        raise DataError(
            "Columns must have different names.",
            received=f"{', '.join(map(repr, twice[:10]))} more than once",
        )


def _check_names(frame: pd.DataFrame, kinds: Mapping[str, str], target: Sequence[str]) -> None:
    if isinstance(target, str):
        raise DataError("`target` must be a list of columns.", received=f"target={target!r}")
    for argument, names in (("kinds", list(kinds)), ("target", list(target))):
        unknown = [name for name in names if name not in frame.columns]
        if unknown:
            raise DataError(
                f"`{argument}` must name columns of the table.",
                received=f"{', '.join(map(repr, unknown))}; the columns are "
                f"{', '.join(map(repr, frame.columns[:50]))}",
            )
    for name, kind in kinds.items():
        if kind not in KINDS:
            raise DataError(
                f"A kind must be one of {', '.join(map(repr, KINDS))}.",
                received=f"{kind!r} for column {name!r}",
            )
        if kind == "ignored" and name in target:
            raise DataError("A target must not be ignored.", received=f"column {name!r}")


def _infer(name: str, series: pd.Series[Any], *, is_target: bool) -> Column:
    values = plain_values(name, series)
    if values.notna().sum() == 0:
        return Column(name, "ignored", "no values: all missing")
    if isinstance(series.dtype, pd.CategoricalDtype) or pd.api.types.is_bool_dtype(values):
        return _category(name, values, values.value_counts(), is_target=is_target)
    if pd.api.types.is_numeric_dtype(values):
        return _number(name, values, is_target=is_target)
    if pd.api.types.is_datetime64_any_dtype(values):
        return _date(name, values, "", is_target=is_target)
    return _from_text(name, values, is_target=is_target)


def _number(name: str, values: pd.Series[Any], *, is_target: bool) -> Column:
    check_finite(name, values)
    low, high = values.min(), values.max()
    if not is_target:
        if low == high and not values.isna().any():
            return _constant(name, amount(low))
        if _counts_up(name, values):
            return Column(name, "ignored", f"identifier: {len(values):,} different whole numbers")
    return Column(name, "number", described(f"{amount(low)} to {amount(high)}", values))


def _counts_up(name: str, values: pd.Series[Any]) -> bool:
    """Return whether these are row numbers, or different whole numbers with a key's name."""
    if not pd.api.types.is_integer_dtype(values) or len(values) < LEAST_IDENTIFIERS:
        return False
    if values.isna().any() or not values.is_unique:
        return False
    consecutive = int(values.max()) - int(values.min()) + 1 == len(values)
    return consecutive or _KEY_NAME.search(name) is not None


def _date(name: str, values: pd.Series[Any], form: str, *, is_target: bool) -> Column:
    dates = parse_dates(values, form)
    low, high = dates.min(), dates.max()
    if low == high and not dates.isna().any() and not is_target:
        return _constant(name, str(low))
    unread = int((dates.isna() & values.notna()).sum())
    span = f"{low:%Y-%m-%d} to {high:%Y-%m-%d}"
    if unread:
        span += f", {cells(unread)} without a date"
    return Column(name, "date", described(span, values), form)


def _from_text(name: str, values: pd.Series[Any], *, is_target: bool) -> Column:
    counts = values.value_counts()
    texts = counts.index.to_series().astype("str")
    share = counts.to_numpy()[numbers_in(texts, grouped=True).notna().to_numpy()].sum()
    if share >= MOSTLY * counts.sum():
        return _mostly_numbers(name, values, is_target=is_target)
    form, unclear = detect_date_format(name, counts)
    if form:
        return _date(name, values, form, is_target=is_target)
    words = float(np.average(texts.str.count(r"\S+"), weights=counts.to_numpy()))
    different = len(counts) / int(counts.sum())
    if not is_target and len(counts) > 1:
        mostly = different >= TEXT_DISTINCT
        if words >= TEXT_WORDS and (mostly or len(counts) > TEXT_VALUES):
            share = f"{different:.0%}".replace("%", " %") if mostly else f"{len(counts):,}"
            evidence = f"{words:.0f} words on average, {share} different"
            return Column(name, "text", described(evidence, values))
        if different == 1 and len(counts) >= LEAST_IDENTIFIERS:
            reason = f"identifier: all {len(counts):,} values are different"
            return Column(name, "ignored", reason)
    column = _category(name, values, counts, is_target=is_target)
    if unclear and column.kind == "category":
        evidence = f"{column.evidence}; dates whose day and month cannot be told apart"
        return Column(name, "category", evidence)
    return column


def _mostly_numbers(name: str, values: pd.Series[Any], *, is_target: bool) -> Column:
    numbers = numbers_in(values, grouped=False)
    bad = (numbers.isna() & values.notna()).to_numpy()
    if not bad.any():
        return _number(name, numbers, is_target=is_target)
    row = int(np.argmax(bad))
    first = str(values.iloc[row])
    raise DataError(
        f"Column {name!r} must hold numbers only, as most of it does.",
        received=f"{cells(int(bad.sum()))} of {len(bad):,} with text, first {first!r} in row {row}",
        fix="Correct them; or if they are missing, read the table with "
        f"missing=[{first!r}, …]; or pass kinds={{{name!r}: 'category'}}.",
    )


def _category(
    name: str, values: pd.Series[Any], counts: pd.Series[int], *, is_target: bool
) -> Column:
    if len(counts) == 1 and not values.isna().any() and not is_target:
        return _constant(name, str(counts.index[0]))
    evidence = described(f"{len(counts):,} {'value' if len(counts) == 1 else 'values'}", values)
    if len(counts) > MANY_CATEGORIES:
        evidence += f"; more than {MANY_CATEGORIES:,}, the rare ones will be joined"
    return Column(name, "category", evidence)


def _constant(name: str, value: str) -> Column:
    short = value if len(value) <= 40 else f"{value[:39]}…"
    return Column(name, "ignored", f"constant: always {short}")
