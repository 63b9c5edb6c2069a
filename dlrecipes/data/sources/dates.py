"""Dates and times in cells, and the one text that they become.

A date format is `"ISO8601"` (2024-05-31, 2024-05-31 17:30, with or without a zone), one of
`"%Y/%m/%d"`, `"%d.%m.%Y"`, `"%d/%m/%Y"`, `"%m/%d/%Y"`, `"%d-%m-%Y"`, `"%m-%d-%Y"` and the same with
two digits of the year (`%y`: 69 to 99 are of the last century), `"%Y%m%d"`, `"%B"` for names of
months (6 May 2021, May 6, 2021), or `"epoch s"`, `"epoch ms"`, `"epoch us"`, `"epoch ns"` for what
has passed since 1970. It says in which order day, month and year stand; a time of the day, with
AM or PM, a weekday and a zone may stand beside the date in any cell.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlrecipes.data.option_text import as_option
from dlrecipes.data.sources.date_cell import (
    ISO,
    date_forms,
    date_text,
    has_date_shape,
    is_season,
    is_version,
    looks_like_date,
    read_date,
)
from dlrecipes.errors import DataError

HALF = 0.5
LOOKED_AT = 1000
LEAST_COMPACT = 8
# What nanoseconds can hold.
_FIRST, _LAST = pd.Timestamp("1678-01-01"), pd.Timestamp("2262-01-01")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d*)?")
_EXAMPLES = {"%Y": "2024", "%y": "24", "%m": "05", "%d": "31", "%B": "31 May 2024"}
EPOCHS = {"epoch s": 1, "epoch ms": 10**3, "epoch us": 10**6, "epoch ns": 10**9}


@dataclass(frozen=True)
class DateScan:
    """What the cells of a column say about being dates.

    Args:
        form: The date format; empty if they are no dates.
        unclear: A date whose day and month cannot be told apart, as in all others; empty if all is
            clear.
        bad: A cell that is none, where at least nine in ten are dates in `form`; empty if all are.
        like: Whether most look like dates, but in no one format.
    """

    form: str = ""
    unclear: str = ""
    bad: str = ""
    like: bool = False


def scan_dates(counts: pd.Series[int], order: str = "") -> DateScan:
    """Return the format in which the cells of a column are dates.

    Args:
        counts: How often each different text occurs, indexed by the text; missing ones left out.
        order: `"day-first"` or `"month-first"`, where the user knows it; empty to tell it.
    """
    texts = [str(text) for text in counts.index]
    weights = np.asarray(counts, dtype=np.float64)
    first = texts[:LOOKED_AT]
    shaped = np.mean([has_date_shape(text) for text in first]) if first else 0.0
    if shaped < HALF:
        like = [looks_like_date(text) and not is_version(text) for text in first]
        return DateScan(like=bool(first) and float(np.mean(like)) > 0.9)
    if all(map(is_season, first)) or all(map(is_version, first)):
        return DateScan()
    candidates = dict.fromkeys(form for text in first for form in date_forms(text, order))
    fitting: dict[str, tuple[float, str]] = {}
    for form in candidates:
        if _fit(first, weights[: len(first)], form)[0] >= 0.9:
            fitting[form] = _fit(texts, weights, form)
    whole = [form for form, (share, _) in fitting.items() if share == 1.0]
    if len(whole) > 1:
        return DateScan(unclear=texts[0])
    if whole:
        return DateScan(whole[0])
    nearly = [form for form, (share, _) in fitting.items() if share >= 0.9]
    if nearly:
        return DateScan(nearly[0], bad=fitting[nearly[0]][1])
    return DateScan(like=True)


def are_compact_dates(values: pd.Series[Any], least: int = LEAST_COMPACT) -> bool:
    """Return whether whole numbers are days such as 20240531, of 1900 to 2099.

    Of other numbers of eight digits, one in 30 is such a day by chance.

    Args:
        values: Numbers, `(rows,)`.
        least: Different days that there must be.
    """
    known = values.dropna()
    if not len(known) or not known.between(19_000_101, 20_991_231).all():
        return False
    different = pd.unique(known)
    if len(different) < least:
        return False
    return all(
        float(number).is_integer() and read_date(f"{int(number)}", "%Y%m%d")
        for number in different.tolist()
    )


def epoch_format(values: pd.Series[Any]) -> str:
    """Return the unit of whole numbers that may have passed since 1970; empty if they cannot."""
    known = values.dropna()
    if not len(known) or not (known % 1 == 0).all():
        return ""
    for form, factor in EPOCHS.items():  # 1973 to 2128
        if known.between(1e8 * factor, 5e9 * factor).all():
            return form
    return ""


def read_dates(values: pd.Series[Any], form: str) -> NDArray[Any]:
    """Return dates as text `2024-05-31 17:30`, with seconds and offset where they have some.

    Dates of year, month and day in that order are read in any column, too.

    Args:
        values: Text, dates or numbers, `(rows,)`.
        form: A date format.

    Returns:
        `(rows,)` text; None where a value is missing, and `""` where it is no such date.
    """
    if pd.api.types.is_datetime64_any_dtype(values):
        return _written(values)
    codes, different = pd.factorize(values)
    read: list[str | None] = [_read_value(value, form) for value in different.tolist()]
    return np.array([*read, None], dtype=object)[codes]


def parse_dates(values: pd.Series[Any], date_format: str = ISO) -> pd.Series[Any]:
    """Return a column as dates: instants in UTC where they have a zone, else clock times.

    Args:
        values: Text, `(rows,)`; or dates already.
        date_format: `Column.date_format`.

    Returns:
        datetime64 without time zone; NaT where missing, no date, or before 1678 or after 2261.

    Raises:
        DataError: If only some of the dates have a zone.
    """
    if pd.api.types.is_datetime64_any_dtype(values):
        zoned_dates = values.dt.tz is not None
        dates = values.dt.tz_convert("UTC").dt.tz_localize(None) if zoned_dates else values
        return dates.where((dates >= _FIRST) & (dates < _LAST))
    written = pd.Series(read_dates(values, date_format or ISO), index=values.index, dtype=object)
    codes, different = pd.factorize(written)
    moments = [_moment(text) for text in different.tolist()]
    zoned = {moment.tzinfo is not None for moment in moments if moment is not None}
    if len(zoned) > 1:
        raise DataError(
            f"The dates of column {str(values.name)!r} must all have a time zone, or none.",
            received=f"dates such as {different[0]!r} with and without one",
            fix="Write them all in one way: 2024-05-31T17:30+02:00, or 2024-05-31 17:30.",
        )
    naive = [
        None
        if moment is None
        else moment.tz_convert("UTC").tz_localize(None)
        if moment.tzinfo is not None
        else moment
        for moment in moments
    ]
    dates = np.array([*naive, None], dtype="datetime64[ns]")[codes]
    return pd.Series(dates, index=values.index, name=values.name)


def date_example(date_format: str) -> str:
    """Return a date in a format."""
    if date_format.startswith("epoch"):
        return "1717171200 (seconds or a part of them since 1970)"
    example = "2024-05-31 17:30" if date_format == ISO else date_format
    for code, text in _EXAMPLES.items():
        example = example.replace(code, text)
    return example


def check_zones(name: str, written: NDArray[Any]) -> tuple[str, ...]:
    """Return the offsets of dates, which must be those of one place.

    Args:
        name: The column's name, for the message.
        written: Dates as `read_dates` returns them.

    Raises:
        DataError: If some have an offset and others none, or if they are of several places.
    """
    offsets = sorted({offset_of(text) for text in set(written.tolist()) if text})
    if not of_one_place(offsets):
        raise DataError(
            f"The dates of column {name!r} must be in one time zone.",
            received=f"offsets {', '.join(offset or 'none' for offset in offsets[:5])}",
            fix=f"Write them all in UTC, or pass kinds={{{name!r}: 'category'}} "
            f"({as_option('kinds', f'{name}=category')}).",
        )
    return tuple(offset for offset in offsets if offset)


def of_one_place(offsets: Sequence[str]) -> bool:
    """Return whether clocks of one place have these offsets: at most an hour apart, or none."""
    if not any(offsets):
        return True
    minutes = sorted(_offset_minutes(offset) for offset in offsets if offset)
    return all(offsets) and minutes[-1] - minutes[0] <= 60


def offset_of(text: str) -> str:
    """Return the offset behind a date as `read_dates` writes it; empty for none."""
    return text[-6:] if len(text) > 16 and text[-6] in "+-" else ""


def _fit(texts: Sequence[str], weights: NDArray[np.float64], form: str) -> tuple[float, str]:
    """Return the share of the cells that are dates in a format, and the first one that is none."""
    bad = [at for at, text in enumerate(texts) if not read_date(text, form)]
    share = 1.0 - float(weights[bad].sum() / weights.sum()) if bad else 1.0
    return share, texts[bad[0]] if bad else ""


def _read_value(value: object, form: str) -> str | None:
    if isinstance(value, float) and np.isnan(value):
        return None
    if isinstance(value, int | float | np.number):
        value = f"{int(value)}" if float(value).is_integer() else f"{value}"
    text = str(value).strip()
    if form in EPOCHS and _NUMBER.fullmatch(text):
        return _from_epoch(text, EPOCHS[form])
    if form == "%Y%m%d":  # as programs write whole numbers beside a missing one
        text = text.removesuffix(".0")
    return read_date(text, form) or read_date(text, ISO)


def _from_epoch(text: str, factor: int) -> str:
    try:
        moment = pd.Timestamp(int(Decimal(text) * (10**9 // factor)))
    except (ValueError, OverflowError):
        return ""
    part = f"{moment.microsecond:06d}{moment.nanosecond:03d}".rstrip("0")
    time = (moment.hour, moment.minute, moment.second)
    return date_text(moment.year, moment.month, moment.day, time, part)


def _written(dates: pd.Series[Any]) -> NDArray[Any]:
    """Return dates of pandas as text, in the time of their place."""
    codes, different = pd.factorize(dates)
    moments = pd.DatetimeIndex(different)
    naive = moments.tz_localize(None) if moments.tz is not None else moments
    # To the minute at once; what has more is written by itself.
    minutes = np.char.replace(np.datetime_as_string(naive.to_numpy(), unit="m"), "T", " ")
    texts: list[str | None] = minutes.tolist()
    rest = naive.to_numpy() - naive.to_numpy().astype("datetime64[m]")
    for at in np.flatnonzero(rest != np.timedelta64(0)).tolist():
        moment = naive[at]
        part = f"{moment.microsecond:06d}{moment.nanosecond:03d}".rstrip("0")
        time = (moment.hour, moment.minute, moment.second)
        texts[at] = date_text(moment.year, moment.month, moment.day, time, part)
    if moments.tz is not None:
        shifts = (naive - moments.tz_convert("UTC").tz_localize(None)) / pd.Timedelta(minutes=1)
        texts = [f"{text}{_offset(int(shift))}" for text, shift in zip(texts, shifts, strict=True)]
    return np.array([*texts, None], dtype=object)[codes]


def _offset(minutes: int) -> str:
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def _moment(text: str | None) -> pd.Timestamp | None:
    if not text or not 1678 <= int(text[:4]) <= 2261:
        return None
    return pd.Timestamp(text)


def _offset_minutes(offset: str) -> int:
    return int(f"{offset[0]}1") * (60 * int(offset[1:3]) + int(offset[4:6]))
