"""The seasons that times have, told from how far apart they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_HOUR, _DAY = pd.Timedelta(hours=1), pd.Timedelta(days=1)


@dataclass(frozen=True)
class Season:
    """After how long a value comes again.

    Args:
        name: What a forecast with the value one season earlier is called.
        days: Its length in days; 0 for a year of the calendar.
    """

    name: str
    days: int

    def before(self, times: pd.DatetimeIndex, seasons: int) -> pd.DatetimeIndex:
        """Return the times that many seasons earlier.

        Args:
            times: Dates, `(examples,)`.
            seasons: How many seasons, at least 1.
        """
        if self.days:
            return times - pd.Timedelta(days=self.days * seasons)
        return times - pd.DateOffset(years=seasons)

    def text(self, seasons: int) -> str:
        """Return that many seasons as a lag, as `add_lags` takes it.

        Args:
            seasons: How many seasons, at least 1.
        """
        if self.days:
            return f"{self.days * seasons}D"
        return f"{seasons}year" + ("s" if seasons > 1 else "")


def find_seasons(times: pd.DatetimeIndex, series: NDArray[Any]) -> tuple[Season, ...]:
    """Return the seasons of times that they span at least once, the shortest first.

    Within a day it is the day and the week; for days the week and 52 weeks, which end on the same
    weekday; for weeks 52 of them; for months and quarters the year.

    Args:
        times: Dates, `(examples,)`, in any order.
        series: The series that each belongs to, `(examples,)`: only times of one are compared.
    """
    frame = pd.DataFrame({"series": series, "time": times}).drop_duplicates()
    apart = frame.sort_values("time").groupby("series")["time"].diff().dropna()
    if not len(apart):
        return ()
    step, span = pd.Timedelta(apart.median()), times.max() - times.min()
    year = 365 * _DAY
    found: tuple[Season, ...]
    if step < _DAY / 2:
        unit = "hour" if abs(step - _HOUR) < pd.Timedelta(minutes=1) else "time"
        found = (Season(f"yesterday's same {unit}", 1), Season(f"last week's same {unit}", 7))
    elif step < 4 * _DAY:
        found = (Season("last week's same weekday", 7), Season("last year's same weekday", 364))
    elif step < 15 * _DAY:
        found = (Season("last year's same week", 364),)
    elif step < year / 2:
        unit = "month" if step < 45 * _DAY else "time"
        found = (Season(f"last year's same {unit}", 0),)
    else:
        found = ()
    return tuple(one for one in found if span >= (one.days * _DAY or year))


def as_dates(times: NDArray[Any]) -> pd.DatetimeIndex:
    """Return dates in one unit, microseconds, so that any two can be compared."""
    return pd.DatetimeIndex(np.asarray(times)).as_unit("us")
