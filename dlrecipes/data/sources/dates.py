"""Dates in columns of text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from dlrecipes.errors import DataError

ISO = "ISO8601"
MOSTLY = 0.99
HALF = 0.5
LOOKED_AT = 1000
_GATE = r"(?:\d{4}[-/]\d\d?(?:[-/]\d\d?)?|\d\d?[/.-]\d\d?[/.-]\d{4})(?:[T ]\d.*)?"
_ISO_GATE = r"\d{4}-\d\d(?:-\d\d(?:[T ]\d\d:?\d\d.*)?)?"
_TIMES = ("", " %H:%M", " %H:%M:%S")
# Day first and month first: the column must tell which. With points the day is always first.
_FORMATS = ("%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y")
# What nanoseconds can hold: a year 1 or 9999 stands for "unknown" or "for ever".
_FIRST, _LAST = "1678-01-01", "2262-01-01"
_OFFSET = r"\d\d:?\d\d.*?\s?(Z|[+-]\d\d(?::?\d\d)?)$"


def detect_date_format(name: str, counts: pd.Series[int]) -> tuple[str, bool]:
    """Return the format in which at least 99 % of the cells are dates.

    Args:
        name: The column's name, for the message.
        counts: How often each different text occurs, indexed by the text.

    Returns:
        The format for `parse_dates`, empty if there is none; and whether that is because day
        and month cannot be told apart.

    Raises:
        DataError: If the dates have different time zones.
    """
    texts = counts.index.to_series().astype("str")
    # Most dates look like one; the few different cells that do not may weigh little.
    if texts[:LOOKED_AT].str.fullmatch(_GATE).mean() < HALF:
        return "", False
    formats = (ISO, *(day + time for day in _FORMATS for time in _TIMES))
    first = texts[:LOOKED_AT]
    fitting = [form for form in formats if _share(first, counts, form) >= MOSTLY]
    fitting = [form for form in fitting if _share(texts, counts, form) >= MOSTLY]
    if not fitting:
        return "", False
    if fitting[0] == ISO:
        _check_time_zone(name, texts)
    if len(fitting) > 1:
        return "", True
    return fitting[0], False


def parse_dates(values: pd.Series[Any], date_format: str) -> pd.Series[Any]:
    """Return a column as dates, in the time of the place they were written at.

    Args:
        values: Text, `(rows,)`; or dates already, which stay.
        date_format: `Column.date_format`.

    Returns:
        datetime64 without time zone; NaT where missing, no date, or before 1678 or after 2261.
    """
    if isinstance(values.dtype, pd.DatetimeTZDtype) or pd.api.types.is_datetime64_dtype(values):
        dates = values
    elif date_format == ISO:
        text = values.astype("str")
        dates = pd.to_datetime(
            text.where(text.str.fullmatch(_ISO_GATE)), format=ISO, errors="coerce"
        )
    else:
        dates = pd.to_datetime(values, format=date_format or None, errors="coerce")
    return _held(dates.dt.tz_localize(None) if dates.dt.tz is not None else dates)


def _held(dates: pd.Series[Any]) -> pd.Series[Any]:
    """Return dates with NaT for those that cannot be computed with."""
    first, last = (pd.Timestamp(one, tz=dates.dt.tz) for one in (_FIRST, _LAST))
    return dates.where((dates >= first) & (dates < last))


def _share(texts: pd.Series[str], counts: pd.Series[int], form: str) -> float:
    """Return the part of the cells that are dates in this format."""
    weights = counts.iloc[: len(texts)].to_numpy()
    if form == ISO:
        # Time zones are looked at later.
        stripped = texts.where(texts.str.fullmatch(_ISO_GATE))
        dates = pd.to_datetime(stripped, format=ISO, errors="coerce", utc=True)
    else:
        dates = pd.to_datetime(texts, format=form, errors="coerce")
    return float(weights[_held(dates).notna().to_numpy()].sum() / weights.sum())


def _check_time_zone(name: str, texts: Iterable[str]) -> None:
    series = pd.Series(texts, dtype="str")
    timed = series[series.str.contains(":")]
    if not len(timed):
        return
    zones = timed.str.extract(_OFFSET, expand=False).fillna("none")
    zones = zones.replace({"Z": "+00:00", "+0000": "+00:00", "+00": "+00:00"})
    found = sorted(set(zones))
    if len(found) > 1 or (found != ["none"] and len(timed) < len(series)):
        raise DataError(
            f"The dates of column {name!r} must be in one time zone.",
            received=", ".join(found[:5]) + (" and dates without time" if len(found) == 1 else ""),
            fix=f"Write them all in UTC, or pass kinds={{{name!r}: 'category'}}.",
        )
