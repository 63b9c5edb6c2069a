"""A column of the kind that the user says it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from dlrecipes.data.sources.column import Column
from dlrecipes.data.sources.dates import detect_date_format
from dlrecipes.data.sources.plain_values import cells, check_finite, described, numbers_in
from dlrecipes.errors import DataError

ASKED = "as asked"


def forced_column(name: str, values: pd.Series[Any], kind: str) -> Column:
    """Return the column as a number, category, date or text.

    Args:
        name: The column's name.
        values: Numbers, text, dates or booleans, `(rows,)`.
        kind: `"number"`, `"category"`, `"date"` or `"text"`.

    Raises:
        DataError: If the values cannot be of that kind.
    """
    if kind == "number":
        return _number(name, values)
    if kind == "date":
        return _date(name, values)
    count = f"{values.nunique():,} values {ASKED}"
    return Column(name, "text" if kind == "text" else "category", described(count, values))


def _number(name: str, values: pd.Series[Any]) -> Column:
    if pd.api.types.is_datetime64_any_dtype(values):
        raise DataError(f"Column {name!r} must hold numbers.", received="dates")
    numbers = values
    if pd.api.types.is_bool_dtype(values) or not pd.api.types.is_numeric_dtype(values):
        is_text = not pd.api.types.is_bool_dtype(values)
        numbers = numbers_in(values, grouped=False) if is_text else values.astype("float64")
        bad = (numbers.isna() & values.notna()).to_numpy()
        if bad.any():
            row = int(np.argmax(bad))
            raise DataError(
                f"Column {name!r} must hold numbers, as kinds asks.",
                received=f"{cells(int(bad.sum()))} of {len(bad):,} with text, "
                f"first {str(values.iloc[row])!r} in row {row}",
                fix=f"Correct them, or pass kinds={{{name!r}: 'category'}}.",
            )
    check_finite(name, numbers)
    return Column(name, "number", described(ASKED, values))


def _date(name: str, values: pd.Series[Any]) -> Column:
    if pd.api.types.is_datetime64_any_dtype(values):
        return Column(name, "date", described(ASKED, values))
    unclear = False
    if not pd.api.types.is_numeric_dtype(values) and values.notna().any():
        form, unclear = detect_date_format(name, values.value_counts())
        if form:
            return Column(name, "date", described(ASKED, values), form)
    raise DataError(
        f"Column {name!r} must hold dates such as 2026-01-31 or 31.01.2026, as kinds asks.",
        received="dates whose day and month cannot be told apart"
        if unclear
        else f"{values.dtype} such as {_example(values)}",
        fix="Write them as year-month-day.",
    )


def _example(values: pd.Series[Any]) -> str:
    known = values.dropna()
    return repr(known.iloc[0]) if len(known) else "nothing"
