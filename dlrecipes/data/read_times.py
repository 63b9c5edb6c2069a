"""Times that can be put in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlrecipes.data.sources import parse_dates
from dlrecipes.data.sources.dates import detect_date_format
from dlrecipes.errors import DataError

_CALENDAR = ("year", "month", "day", "hour", "minute", "second")


def read_times(values: object, name: str = "time") -> NDArray[Any]:
    """Return times as numbers or as dates without a zone, in the time of their place.

    Args:
        values: Numbers, dates, or text in one of the forms that `read_table` knows, such as
            `2024-05-31 17:30` or `31.05.2024`; `(examples,)`.
        name: What to call them in messages.

    Returns:
        An integer, float or datetime64 array, `(examples,)`; NaN or NaT where one is missing.

    Raises:
        DataError: If they are neither, if one is no date, or if they are in different time zones.
    """
    series = pd.Series(np.asarray(values) if isinstance(values, list) else values, name=name)
    if pd.api.types.is_bool_dtype(series):
        raise _unreadable(name, str(series.dtype))
    if pd.api.types.is_numeric_dtype(series):
        return series.to_numpy()
    known = series.notna()
    if not pd.api.types.is_datetime64_any_dtype(series):
        text = series.astype("str")
        form = detect_date_format(name, text[known].value_counts())[0] if known.any() else ""
        if not form:
            raise _unreadable(name, repr(text.iloc[0]))
        series = parse_dates(text.where(known), form)
    elif series.dt.tz is not None:
        series = series.dt.tz_localize(None)
    bad = (known & series.isna()).to_numpy()
    if bad.any():
        row = int(np.argmax(bad))
        raise _unreadable(
            name, f"{int(bad.sum())} of {len(bad)} without a date, first in row {row}"
        )
    return series.to_numpy()


def table_times(table: pd.DataFrame, columns: Sequence[str]) -> NDArray[Any]:
    """Return the time of each row of a table.

    Args:
        table: One row an example.
        columns: One column of times; or a column of dates and one of hours (numbers from 0) or
            times of the day (`17:30`); or the columns year, month and day, and where there are
            some hour, minute and second, in any case.

    Returns:
        As `read_times`.

    Raises:
        DataError: If the columns make no time.
    """
    if len(columns) == 1:
        return read_times(table[columns[0]], columns[0])
    what = ", ".join(columns)
    if len(columns) > 2:
        parts = {one.lower(): table[one] for one in columns}
        if tuple(parts) != _CALENDAR[: len(parts)]:
            raise DataError(
                "A time of several columns is a date and an hour, or year, month, day, …",
                received=f"time={what!r}",
                fix="For example time='dteday,hr' or time='year,month,day,hour'.",
            )
        try:
            return pd.to_datetime(pd.DataFrame(parts)).to_numpy()
        except (ValueError, TypeError) as error:
            raise _unreadable(what, str(error)) from error
    dates, clock = read_times(table[columns[0]], columns[0]), table[columns[1]]
    if dates.dtype.kind != "M":
        raise _unreadable(what, f"numbers in {columns[0]!r}")
    if pd.api.types.is_numeric_dtype(clock):
        outside = ~clock.between(0, 24, inclusive="left") & clock.notna()
        if outside.any():
            raise DataError(
                f"The hours in {columns[1]!r} must lie from 0 to below 24.",
                received=f"{clock[outside].iloc[0]:g} in row {int(np.argmax(outside))}",
            )
        of_day = pd.to_timedelta(clock, unit="h")
    else:
        text = clock.astype("str").str.strip()
        full = text.where(text.str.count(":") != 1, text + ":00")
        of_day = pd.to_timedelta(full.where(clock.notna()), errors="coerce")
        bad = (of_day.isna() & clock.notna()).to_numpy()
        if bad.any():
            raise _unreadable(columns[1], repr(text.iloc[int(np.argmax(bad))]))
    return (pd.Series(dates, index=table.index) + of_day).to_numpy()


def _unreadable(name: str, received: str) -> DataError:
    return DataError(
        f"Times must be numbers or dates, as in 2024-05-31 17:30: {name!r}.",
        received=received,
        fix="Write them as year-month-day hour:minute, all in one form and one time zone.",
    )
