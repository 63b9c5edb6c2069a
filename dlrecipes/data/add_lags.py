"""Earlier values as inputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlrecipes.data.read_times import table_times
from dlrecipes.data.sources import infer_columns, typed_table
from dlrecipes.errors import ArgumentError, DataError


@dataclass(frozen=True)
class _Lag:
    name: str
    rows: int = 0
    duration: Any = None


def add_lags(
    table: pd.DataFrame,
    lags: Sequence[str | int],
    *,
    column: str,
    time: str | Sequence[str],
    series: str | None = None,
) -> pd.DataFrame:
    """Return a table with earlier values of one of its columns as further columns.

    `add_lags(table, ["7D", 1], column="sales", time="day")` adds "sales 7D earlier", the value
    whose time is exactly a week earlier, and "sales 1 rows earlier", that of the latest earlier
    time. Where there is no such row, the value is missing. No value of the row's own time or of a
    later one is used.

    A lag is honest only if its value is known when the model predicts: a forecast for a day ahead
    has no lag under 24 h. A model that is trained with these columns takes them as inputs: whoever
    predicts with it adds them to the table first, by this function, with the earlier rows in it.

    Args:
        table: One row an example, in any order.
        lags: Durations such as `"24h"` or `"7D"` (numbers as text, such as `"7.0"`, where times
            are numbers), or whole numbers of rows, at least 1.
        column: The column whose earlier values are added, of numbers.
        time: The column of times, or several, see `table_times`.
        series: The column that tells several series in the table apart; None if there is one.

    Returns:
        A new table with the same rows in the same order.

    Raises:
        ArgumentError: If a lag is no duration or number above 0, or is given twice.
        DataError: If a column is missing, the times cannot be read, or two rows have the same
            series and time: which of them is the earlier value?
    """
    times = [time] if isinstance(time, str) else list(time)
    for name in (column, *times, *([] if series is None else [series])):
        if name not in table:
            raise DataError(
                "A column must be named as it is in the table.",
                received=f"{name!r}",
                fix=f"The columns are {', '.join(map(repr, table.columns[:30]))}.",
            )
    (kind,) = infer_columns(table[[column]], target=[column])
    if kind.kind != "number":
        raise DataError(
            "Lags are earlier values of numbers.", received=f"{kind.evidence} in {column!r}"
        )
    values = typed_table(table, [kind])[column]
    when = table_times(table, times)
    wanted = _read_lags(lags, column, dates=when.dtype.kind == "M")
    group = np.zeros(len(table)) if series is None else pd.factorize(table[series])[0]
    frame = pd.DataFrame({"series": group, "time": when, "value": values.to_numpy()})
    _check_times(frame, series)
    added = {one.name: _earlier(frame, one) for one in wanted}
    twice = [name for name in added if name in table]
    if twice:
        raise DataError("A lag must have a new name.", received=f"a column {twice[0]!r}")
    return table.assign(**added)


def _earlier(frame: pd.DataFrame, lag: _Lag) -> NDArray[Any]:
    if lag.rows:
        ordered = frame.sort_values("time", kind="stable")
        shifted = ordered.groupby("series")["value"].shift(lag.rows)
        return shifted.sort_index().to_numpy(dtype=np.float64)
    known = frame.set_index(["series", "time"])["value"]
    asked = pd.MultiIndex.from_arrays([frame["series"], frame["time"] - lag.duration])
    places = known.index.get_indexer(asked)
    return np.where(places < 0, np.nan, known.to_numpy(dtype=np.float64)[places])


def _read_lags(lags: Sequence[str | int], column: str, *, dates: bool) -> list[_Lag]:
    rule = "A lag is a duration above 0, such as '24h' or '7D', or a whole number of rows."
    found = []
    for lag in lags:
        text = str(lag).strip()
        name = f"{column} {text} earlier"
        if text.isdigit():
            one = _Lag(f"{column} {text} rows earlier", rows=int(text))
        else:
            try:
                duration = pd.Timedelta(text) if dates else float(text)
            except ValueError as error:
                raise ArgumentError(rule, received=f"lag={lag!r}") from error
            one = _Lag(name, duration=duration)
        if not one.rows and (one.duration is None or not one.duration > 0 * one.duration):
            raise ArgumentError(rule, received=f"lag={lag!r}")
        found.append(one)
    if len({one.name for one in found}) < len(found):
        raise ArgumentError("Each lag is given once.", received=f"lags={list(lags)!r}")
    return found


def _check_times(frame: pd.DataFrame, series: str | None) -> None:
    missing = frame["time"].isna().to_numpy()
    if missing.any():
        raise DataError(
            "Lags need the time of every row.",
            received=f"{int(missing.sum())} missing, first in row {int(np.argmax(missing))}",
        )
    twice = frame.duplicated(["series", "time"]).to_numpy()
    if twice.any():
        row = int(np.argmax(twice))
        raise DataError(
            "A time must occur once, or once in each series, so that an earlier value is one.",
            received=f"{int(twice.sum())} rows with a time that was there before, first row {row}: "
            f"{frame['time'].iloc[row]}",
            fix="Name the column that tells the series apart (`series`)."
            if series is None
            else "Join those rows.",
        )
