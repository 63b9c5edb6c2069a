"""Earlier values as inputs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dlrecipes.data.series.lag_values import check_lag_times, lag_values, read_lags
from dlrecipes.data.series.read_times import table_times
from dlrecipes.data.sources import infer_columns, typed_table
from dlrecipes.errors import DataError


def add_lags(
    table: pd.DataFrame,
    lags: Sequence[str | int],
    *,
    column: str,
    time: str | Sequence[str],
    series: str | None = None,
) -> pd.DataFrame:
    """Return a table with earlier values of one of its columns as further columns.

    `add_lags(table, ["7D", 1, "last"], column="sales", time="day")` adds "sales 7D earlier", the
    value whose time is exactly a week earlier; "sales 1 row earlier", that of the latest earlier
    time; and "sales last value", the latest earlier value that is known: where the row before has
    none, it is older. Where there is no such row, the value is missing. No value of the row's own
    time or of a later one is used.

    A lag is honest only if its value is known when the model predicts: a forecast for a day ahead
    has no lag under 24 h, and the last value is known for one step ahead only. A model that is
    trained with these columns takes them as inputs. `Run.predict` makes them where the table has
    the earlier rows; for a SavedModel, add them to the table first, by this function.

    Args:
        table: One row an example, in any order.
        lags: Durations such as `"24h"`, `"7D"` or `"1year"` (numbers as text, such as `"7.0"`,
            where times are numbers); whole numbers of rows, at least 1; or `"last"`, `"last 2"`, …
            for the last known value, the second last, …
        column: The column whose earlier values are added, of numbers.
        time: The column of times, or several, see `table_times`.
        series: The column that tells several series in the table apart; None if there is one.

    Returns:
        A new table with the same rows in the same order.

    Raises:
        ArgumentError: If a lag is no duration or number above 0, or is given twice.
        DataError: If a column is missing, the times cannot be read, or two rows have the same
            series and time: which of them is the earlier value?

    Example:
        >>> import pandas as pd
        >>> table = pd.DataFrame(
        ...     {"day": ["2026-01-01", "2026-01-02", "2026-01-03"], "sold": [5.0, 7.0, 6.0]}
        ... )
        >>> dlr.data.add_lags(table, ["last", "2D"], column="sold", time="day")
                  day  sold  sold last value  sold 2D earlier
        0  2026-01-01   5.0              NaN              NaN
        1  2026-01-02   7.0              5.0              NaN
        2  2026-01-03   6.0              7.0              5.0
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
    when = table_times(table, times)
    wanted = read_lags(lags, dates=when.dtype.kind == "M")
    frame = pd.DataFrame(
        {
            "series": np.zeros(len(table)) if series is None else table[series].to_numpy(),
            "time": when,
            "value": typed_table(table, [kind])[column].to_numpy(),
        }
    )
    check_lag_times(frame, series)
    names = [f"{column} {lag.title}" for lag in wanted]
    twice = [name for name in names if name in table]
    if twice:
        raise DataError("A lag must have a new name.", received=f"a column {twice[0]!r}")
    return table.assign(**dict(zip(names, lag_values(frame, wanted), strict=True)))
