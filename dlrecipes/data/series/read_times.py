"""Times that can be put in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlrecipes.data.sources import infer_columns, parse_dates, typed_table
from dlrecipes.errors import DataError
from dlrecipes.results import Column, TableFile

_CALENDAR = ("year", "month", "day", "hour", "minute", "second")


def read_times(values: object, name: str = "time") -> NDArray[Any]:
    """Return times as numbers or as dates without a zone.

    Times with a zone become instants in UTC: the hour that clocks show twice in autumn is two
    hours, and 24 hours later is 24 hours later. Times without one stay what the clock showed.

    Args:
        values: Numbers, dates, or text in one of the forms that `infer_columns` knows, such as
            `2024-05-31 17:30` or `31.05.2024`; `(examples,)`.
        name: What to call them in messages.

    Returns:
        An integer, float or datetime64 array, `(examples,)`; NaN or NaT where one is missing.

    Raises:
        DataError: If they are neither, if one is no date, or if they are in different time zones.

    Example:
        >>> times = dlr.data.read_times(["31.05.2024 17:30", "01.06.2024 08:00"])
        >>> [str(time)[:16] for time in times]
        ['2024-05-31T17:30', '2024-06-01T08:00']
    """
    series = pd.Series(np.asarray(values) if isinstance(values, list) else values, name=name)
    if pd.api.types.is_bool_dtype(series):
        raise _unreadable(name, str(series.dtype))
    if pd.api.types.is_numeric_dtype(series):
        return series.to_numpy()
    if pd.api.types.is_datetime64_any_dtype(series):
        return parse_dates(series).to_numpy()
    return table_times(series.to_frame(), [name])


def time_columns(
    table: pd.DataFrame,
    names: Sequence[str],
    *,
    kinds: dict[str, str] | None = None,
    file: TableFile | None = None,
) -> tuple[Column, ...]:
    """Return what the columns of a time are, for `table_times`.

    Args:
        table: The table that tells it, as a file has it or typed.
        names: One column of times, or several that make one.
        kinds: Kinds of columns that are known better, see `infer_columns`.
        file: How the table's file was read.

    Raises:
        DataError: If a column holds neither times nor numbers.
    """
    # An hour may be a category as an input; as a part of the time it is a number.
    known = {
        name: kind
        for name, kind in (kinds or {}).items()
        if name in names and kind not in ("ignored", "category", "text")
    }
    columns = infer_columns(table[list(names)], kinds=known, target=list(names), file=file)
    for column in columns:
        if column.kind not in ("number", "date"):
            known_cells = table[column.name].dropna()
            first = repr(known_cells.iloc[0]) if len(known_cells) else "nothing"
            raise _unreadable(column.name, first)
    return columns


def table_times(
    table: pd.DataFrame,
    names: Sequence[str],
    columns: Sequence[Column] | None = None,
    *,
    file: TableFile | None = None,
    part: str = "",
) -> NDArray[Any]:
    """Return the time of each row of a table.

    Args:
        table: One row an example.
        names: One column of times; or a column of dates and one of hours (numbers from 0) or
            times of the day (`17:30`); or the columns year, month and day, and where there are
            some hour, minute and second, in any case.
        columns: What they are, as the training table tells (`time_columns`); None to tell it from
            this one.
        file: How the table's file was read.
        part: What the table is, for messages.

    Returns:
        As `read_times`.

    Raises:
        DataError: If the columns make no time.

    Example:
        >>> import pandas as pd
        >>> table = pd.DataFrame({"day": ["2026-01-01", "2026-01-01"], "hour": [8, 17]})
        >>> [str(time)[:16] for time in dlr.data.table_times(table, ["day", "hour"])]
        ['2026-01-01T08:00', '2026-01-01T17:00']
    """
    columns = time_columns(table, names, file=file) if columns is None else columns
    typed = typed_table(table, columns, file=file, part=part)
    if len(names) == 1:
        return _moments(typed[names[0]], columns[0])
    what = ", ".join(names)
    if len(names) > 2:
        parts = {name.lower(): typed[name] for name in names}
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
    dates, clock = _moments(typed[names[0]], columns[0]), typed[names[1]]
    if dates.dtype.kind != "M":
        raise _unreadable(what, f"numbers in {names[0]!r}")
    if columns[1].kind != "number":
        raise _unreadable(names[1], repr(clock.iloc[0]))
    outside = ~clock.between(0, 24, inclusive="left") & clock.notna()
    if outside.any():
        raise DataError(
            f"The hours in {names[1]!r} must lie from 0 to below 24.",
            received=f"{clock[outside].iloc[0]:g} in row {table.index[int(np.argmax(outside))]}",
        )
    of_day = pd.to_timedelta((clock * 3600).round(), unit="s")
    return (pd.Series(dates, index=table.index) + of_day).to_numpy()


def _moments(values: pd.Series[Any], column: Column) -> NDArray[Any]:
    if column.kind == "number":
        return values.to_numpy()
    dates = parse_dates(values)
    bad = (values.notna() & dates.isna()).to_numpy()
    if bad.any():
        row = int(np.argmax(bad))
        raise _unreadable(
            column.name,
            f"{int(bad.sum())} of {len(bad)} without a date between 1678 and 2261, first in row "
            f"{values.index[row]}",
        )
    return dates.to_numpy()


def _unreadable(name: str, received: str) -> DataError:
    return DataError(
        f"Times must be numbers or dates, as in 2024-05-31 17:30: {name!r}.",
        received=received,
        fix="Write them as year-month-day hour:minute, all in one form and one time zone.",
    )
