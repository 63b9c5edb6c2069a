"""Earlier values of a series, and the seasons after which they come again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.results import plural
from dlrecipes.results.data_spec import LAST

_LAST = re.compile(rf"{LAST}(?: (\d+))?")
_MONTHS = re.compile(r"(\d+) ?(month|year)s?")
_LAST_VALUES = 3
_MOSTLY = 0.6


@dataclass(frozen=True)
class Lag:
    """Which earlier value.

    Args:
        text: As it was given.
        title: What stands behind the column's name in the name of the new one.
        rows: So many rows earlier, or 0.
        known: The last known value, the second last, …, or 0.
        duration: So much time earlier, a number, a duration or months of the calendar; or None.
    """

    text: str
    title: str
    rows: int = 0
    known: int = 0
    duration: Any = None


def read_lags(lags: Sequence[str | int], *, dates: bool) -> list[Lag]:
    """Return what the texts of lags mean, see `add_lags`.

    Args:
        lags: The texts, or numbers of rows.
        dates: Whether times are dates, and not numbers.

    Raises:
        ArgumentError: If a text is no lag, or if two mean the same.
    """
    found = [_read(lag, dates=dates) for lag in lags]
    if len({lag.title for lag in found}) < len(found):
        raise ArgumentError("Each lag is given once.", received=f"lags={list(lags)!r}")
    return found


def _read(lag: str | int, *, dates: bool) -> Lag:
    text = str(lag).strip()
    wrong = ArgumentError(
        "A lag is a duration above 0, such as '24h', '7D' or '1year', a whole number of rows, or "
        "'last'.",
        received=f"lag={lag!r}",
    )
    last, months = _LAST.fullmatch(text), _MONTHS.fullmatch(text)
    if last:
        place = int(last[1] or 1)
        if not place:
            raise wrong
        return Lag(text, f"{'' if place == 1 else f'{_ordinal(place)} '}last value", known=place)
    if text.isdigit():
        if not int(text):
            raise wrong
        rows = int(text)
        return Lag(text, f"{text} {'row' if rows == 1 else 'rows'} earlier", rows=rows)
    if months and dates and int(months[1]):
        offset = pd.DateOffset(months=int(months[1]) * (12 if months[2] == "year" else 1))
        return Lag(text, f"{text} earlier", duration=offset)
    duration: Any  # a duration, or a number
    try:
        duration = pd.Timedelta(text) if dates else float(text)
    except ValueError as error:
        raise wrong from error
    if not duration > 0 * duration or (not dates and not np.isfinite(duration)):
        raise wrong
    return Lag(text, f"{text} earlier", duration=duration)


def lag_values(frame: pd.DataFrame, lags: Sequence[Lag]) -> list[NDArray[np.float64]]:
    """Return earlier values of each row, NaN where there is none.

    A row's own time and later ones are never looked at. Values of one time are averaged.

    Args:
        frame: Columns `series`, `time` (numbers or dates, none missing) and `value`.
        lags: Which earlier values.

    Returns:
        `(rows,)` for each lag.
    """
    frame = frame.reset_index(drop=True)
    if frame["time"].dtype.kind == "M":
        frame = frame.assign(time=as_dates(frame["time"].to_numpy()))
    else:
        frame = frame.assign(time=frame["time"].astype(np.float64))
    frame = frame.assign(series=pd.factorize(frame["series"])[0])
    values = frame["value"].to_numpy(dtype=np.float64, na_value=np.nan)
    frame = frame.assign(value=values)
    history = frame.groupby(["series", "time"])["value"].mean().reset_index()
    return [_earlier(frame, history, lag) for lag in lags]


def _earlier(frame: pd.DataFrame, history: pd.DataFrame, lag: Lag) -> NDArray[np.float64]:
    if lag.known:
        known = history.dropna(subset="value")
        shifted = known.assign(value=known.groupby("series")["value"].shift(lag.known - 1))
        asked = frame.drop(columns="value").assign(row=np.arange(len(frame)))
        found = pd.merge_asof(
            asked.sort_values("time", kind="stable"),
            shifted.sort_values("time", kind="stable"),
            on="time",
            by="series",
            allow_exact_matches=False,
        )
        return found.sort_values("row")["value"].to_numpy(dtype=np.float64)
    values, times = history["value"], frame["time"]
    if lag.rows:
        values = history.groupby("series")["value"].shift(lag.rows)
    elif frame["time"].dtype.kind == "M":
        times = pd.Series(pd.DatetimeIndex(times) - lag.duration)
    else:
        times = times - lag.duration
    index = pd.MultiIndex.from_arrays([history["series"], history["time"]])
    places = index.get_indexer(pd.MultiIndex.from_arrays([frame["series"], times]))
    return np.where(places < 0, np.nan, values.to_numpy(dtype=np.float64)[places])


def one_step_lags(frame: pd.DataFrame) -> list[str]:
    """Return the lags for a forecast one step ahead: all are known when the step begins.

    Those are the last three known values, in the order of time, however far apart the times are;
    and what was one season earlier (`find_seasons`), and two of the shortest season, of those that
    are known for most rows.

    Args:
        frame: As for `lag_values`.
    """
    lags = [LAST, *(f"{LAST} {place}" for place in range(2, _LAST_VALUES + 1))]
    if frame["time"].dtype.kind != "M":
        return lags
    seasons = find_seasons(as_dates(frame["time"].to_numpy()), frame["series"].to_numpy())
    texts = [seasons[0].text(1), seasons[0].text(2)] if seasons else []
    texts += [season.text(1) for season in seasons[1:]]
    values = lag_values(frame, read_lags(texts, dates=True))
    return lags + [
        text
        for text, earlier in zip(texts, values, strict=True)
        if np.isnan(earlier).mean() <= 1 - _MOSTLY
    ]


def check_lag_times(frame: pd.DataFrame, series: str | None, *, unique: bool = True) -> None:
    """Check that every row has a time and, if asked for, that none occurs twice.

    Args:
        frame: As for `lag_values`.
        series: The column of the series, for the message; None if there is one series.
        unique: Whether a time must occur once in each series.

    Raises:
        DataError: If a time is missing, or there twice.
    """
    missing = frame["time"].isna().to_numpy()
    if missing.any():
        raise DataError(
            "Lags need the time of every row.",
            received=f"{int(missing.sum())} missing, first in row {int(np.argmax(missing))}",
        )
    twice = frame.duplicated(["series", "time"]).to_numpy()
    if unique and twice.any():
        row = int(np.argmax(twice))
        raise DataError(
            "A time must occur once, or once in each series, so that an earlier value is one.",
            received=f"{plural(int(twice.sum()), 'row')} with a time that was there before, first "
            f"row {row}: {frame['time'].iloc[row]}",
            fix="Name the column that tells the series apart (`series`)."
            if series is None
            else "Join those rows.",
        )


def _ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if number % 100 in (11, 12, 13) else ending}"


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
    return tuple(season for season in found if span >= (season.days * _DAY or year))


def as_dates(times: NDArray[Any]) -> pd.DatetimeIndex:
    """Return dates in one unit, microseconds, so that any two can be compared."""
    return pd.DatetimeIndex(np.asarray(times)).as_unit("us")
