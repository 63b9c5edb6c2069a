"""A column of the kind that the user says it is, and cells that are not of their column's kind."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from dlrecipes.data.option_text import as_option
from dlrecipes.data.sources.column import Column
from dlrecipes.data.sources.date_cell import DAY_FIRST, ISO, MONTH_FIRST
from dlrecipes.data.sources.dates import (
    DateScan,
    are_compact_dates,
    date_example,
    epoch_format,
    scan_dates,
)
from dlrecipes.data.sources.make_column import date_column, form_of, number_column
from dlrecipes.data.sources.number_cells import NumberScan, are_codes, are_keys, scan_numbers
from dlrecipes.data.sources.plain_values import described
from dlrecipes.data.sources.text_cells import are_booleans
from dlrecipes.data.sources.typed_table import number_values
from dlrecipes.errors import DataError
from dlrecipes.results import plural
from dlrecipes.results.column import NumberForm, Spelling

ASKED = "as asked"
ORDERS = (DAY_FIRST, MONTH_FIRST)
"""Kinds that say in which order the numbers of a date stand."""


def forced_column(
    name: str,
    values: pd.Series[Any],
    kind: str,
    among: Collection[str],
    scan: NumberScan | None = None,
) -> Column:
    """Return the column as a number, category, date or text.

    Args:
        name: The column's name.
        values: Numbers, text, dates or booleans, `(rows,)`.
        kind: `"number"`, `"category"`, `"date"`, `"day-first"`, `"month-first"` or `"text"`.
        among: Texts that stand for a missing value among numbers.
        scan: What text says about being numbers.

    Raises:
        DataError: If the values cannot be of that kind.
    """
    if kind == "number":
        return _forced_number(name, values, among, scan)
    if kind in ("date", *ORDERS):
        return _forced_date(name, values, kind, among)
    evidence = described(f"{plural(values.nunique(), 'value')} {ASKED}", values)
    if kind == "text":
        return Column(name, "text", evidence)
    return Column(name, "category", evidence, spelling=spelling_of(values))


def _forced_number(
    name: str, values: pd.Series[Any], among: Collection[str], scan: NumberScan | None
) -> Column:
    if types.is_datetime64_any_dtype(values):
        raise DataError(f"Column {name!r} must hold numbers.", received="dates")
    if types.is_bool_dtype(values) or types.is_numeric_dtype(values):
        form = form_of(values)
    else:
        form = scan.form if scan is not None and scan.form is not None else NumberForm()
        if scan is not None and scan.share < 1:
            raise not_all_numbers(name, values, form, among, asked=True)
    column = number_column(name, values, form, is_target=True, among=among, evidence=ASKED)
    return replace(column, spelling="boolean") if types.is_bool_dtype(values) else column


def _forced_date(name: str, values: pd.Series[Any], kind: str, among: Collection[str]) -> Column:
    form = ""
    if types.is_datetime64_any_dtype(values):
        form = ISO
    elif types.is_numeric_dtype(values) and not types.is_bool_dtype(values):
        form = "%Y%m%d" if are_compact_dates(values, 1) else epoch_format(values)
    elif values.notna().any() and types.is_string_dtype(values):
        values = values.mask(values.isin(list(among)))
        scan = scan_numbers(values.dropna())
        if scan.plain and scan.form is not None:
            numbers = number_values(values, scan.form, among)
            form = "%Y%m%d" if are_compact_dates(numbers, 1) else epoch_format(numbers)
        else:
            order = kind if kind in ORDERS else ""
            dates = scan_dates(values.value_counts(), order)
            check_dates(name, values, dates)
            form = dates.form
    if not form:
        known = values.dropna()
        raise DataError(
            f"Column {name!r} must hold dates such as 2026-01-31 or 31.01.2026, as kinds asks.",
            received=f"{values.dtype} such as {known.iloc[0]!r}" if len(known) else "nothing",
            fix="Write them as year-month-day.",
        )
    return date_column(name, values, form, is_target=True, evidence=ASKED)


def spelling_of(values: pd.Series[Any]) -> Spelling:
    """Return how a category's cells become one text."""
    if types.is_bool_dtype(values):
        return "boolean"
    if types.is_numeric_dtype(values):
        return "number"
    if not types.is_string_dtype(values) or not values.notna().any():
        return "as it stands"
    known = values.dropna().astype("str")
    if are_booleans(known.value_counts()):
        return "boolean"
    scan = scan_numbers(known)
    plain = scan.plain and not are_codes(known) and not are_keys(known)
    return "number" if plain else "as it stands"


def not_all_numbers(
    name: str,
    values: pd.Series[Any],
    form: NumberForm,
    among: Collection[str],
    *,
    asked: bool = False,
) -> DataError:
    """Return the error of a column of which most cells are numbers, but not all.

    Args:
        name: The column's name.
        values: Its cells, `(rows,)`.
        form: How its numbers are written.
        among: Texts that stand for a missing value.
        asked: Whether the user said that they are numbers.
    """
    numbers = number_values(values, form, among)
    known = values.notna() & ~values.isin(list(among))
    bad = (numbers.isna() & known).to_numpy()
    row = int(np.argmax(bad))
    first = str(values.iloc[row])
    rule = (
        "must hold numbers, as kinds asks"
        if asked
        else ("must hold numbers only, as most of it does")
    )
    return DataError(
        f"Column {name!r} {rule}.",
        received=f"{plural(int(bad.sum()), 'cell')} of {len(bad):,} with text, first {first!r} in "
        f"row {values.index[row]}",
        fix="Correct them; or if they are missing, read the table with "
        f"missing=['+{first}'] ({as_option('missing', f'+{first}')}); or pass "
        f"kinds={{{name!r}: 'category'}} ({as_option('kinds', f'{name}=category')}).",
    )


def check_dates(name: str, values: pd.Series[Any], found: DateScan) -> None:
    """Check that it is clear what the cells of a column of dates are.

    Args:
        name: The column's name.
        values: Its cells, `(rows,)`.
        found: What they say about being dates.

    Raises:
        DataError: If day and month cannot be told apart, or if a few cells are no dates.
    """
    form, unclear, bad = found.form, found.unclear, found.bad
    if unclear:
        raise DataError(
            f"It must be clear whether the dates of column {name!r} begin with the day.",
            received=f"{unclear!r}, and no date with a number above 12 that tells",
            fix=f"Pass kinds={{{name!r}: 'day-first'}} "
            f"({as_option('kinds', f'{name}=day-first')}), 'month-first', or 'category' if they "
            "are none.",
        )
    if not bad:
        return
    row = int(np.argmax((values == bad).to_numpy(dtype=bool, na_value=False)))
    raise DataError(
        f"Column {name!r} must hold dates only, as most of it does.",
        received=f"{bad!r} in row {values.index[row]} among dates such as {date_example(form)}",
        fix="Correct such cells; or if they are missing, read the table with "
        f"missing=['+{bad}'] ({as_option('missing', f'+{bad}')}); or pass "
        f"kinds={{{name!r}: 'category'}} ({as_option('kinds', f'{name}=category')}).",
    )
