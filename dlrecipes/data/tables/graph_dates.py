"""Dates in a model's graph, read as those of a file are.

The patterns are those of `date_cell`, in the words of TensorFlow's regular expressions (RE2): they
have no verbose form and no references back, and a replacement takes at most nine groups.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import tensorflow as tf

from dlrecipes.data.sources.date_cell import ISO, MONTHS, date_marks, date_pattern
from dlrecipes.data.sources.dates import EPOCHS, date_example
from dlrecipes.data.sources.plain_values import MISSING, MISSING_AMONG_NUMBERS

# A date as `read_dates` writes it; 29 February is left to the calendar.
_DAY = (
    r"[1-9]\d{3}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)"
    r"|(?:0[13578]|1[02])-31)"
)
_CLOCK = r" (?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?"
_SPACES = (
    r"[\s\x0b\x1c-\x1f\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}"
    r"\x{3000}]"
)
_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_LATIN = 0x2200


def read_graph_dates(
    texts: tf.Tensor, form: str, offsets: Sequence[str] = (), column: str = ""
) -> tf.Tensor:
    """Return dates as `2024-05-31 17:30:00`, with an offset where they have one.

    What `typed_table` reads is read, in the digits 0 to 9; what it refuses lets the model fail.

    Args:
        texts: Dates in the training table's form or as ISO 8601, `(batch,)`; an empty text, or a
            usual mark such as `NA`, where one is missing.
        form: `Column.date_format`.
        offsets: `Column.offsets`.
        column: The column's name, for the message.

    Returns:
        `(batch,)` text, empty where a date is missing.

    Raises:
        tf.errors.InvalidArgumentError: If a text is no such date.
    """
    clock = f"{_CLOCK}(?:{one_of(offsets)})" if offsets else f"(?:{_CLOCK})?"
    plain = tf.strings.regex_full_match(texts, f"(?:{_DAY}{clock})?")
    return tf.cond(  # what comes from a table that was read is plain
        tf.reduce_all(plain), lambda: texts, lambda: _read(texts, form or ISO, offsets, column)
    )


def _read(texts: tf.Tensor, form: str, offsets: Sequence[str], column: str) -> tf.Tensor:
    cells = tf.strings.strip(tf.strings.regex_replace(texts, _SPACES, " "))
    missing = tf.strings.regex_full_match(cells, one_of((*MISSING, *MISSING_AMONG_NUMBERS)))
    read = tf.fill(tf.shape(cells), "")
    for dates in _ways_to_read(cells, form):
        good = dates.known & _of_one_place(dates, offsets)
        read = tf.where(good & (read == ""), dates.text(), read)
    example = "" if form == ISO else f"{date_example(form)}, or "
    zone = f"with the offset {' or '.join(offsets)}" if offsets else "without a time zone"
    check_cells(
        texts,
        tf.logical_not(missing) & (read == ""),
        column,
        f"dates such as {example}2024-05-31 17:30, {zone}",
    )
    return read


@dataclass(frozen=True, eq=False)
class _Dates:
    """Dates as numbers, `(batch,)` each, and which of them there are."""

    known: tf.Tensor
    year: tf.Tensor
    month: tf.Tensor
    day: tf.Tensor
    hour: tf.Tensor
    minute: tf.Tensor
    second: tf.Tensor
    offset: tf.Tensor
    """Text, `+02:00`, or empty."""

    def text(self) -> tf.Tensor:
        """Return them as one text each."""

        def padded(number: tf.Tensor, width: int = 2) -> tf.Tensor:
            return tf.strings.as_string(number, width=width, fill="0")

        date = tf.strings.join([padded(self.year, 4), padded(self.month), padded(self.day)], "-")
        time = tf.strings.join([padded(self.hour), padded(self.minute), padded(self.second)], ":")
        return tf.strings.join([date, " ", time, self.offset])


def _ways_to_read(cells: tf.Tensor, form: str) -> list[_Dates]:
    """Return the dates that cells hold by each way in which the column may have them."""
    found = []
    if form in EPOCHS:
        found.append(_from_epoch(cells, EPOCHS[form]))
    elif form != ISO:
        if form == "%Y%m%d":  # as programs write whole numbers beside a missing one
            cells = tf.strings.regex_replace(cells, r"\.0$", "")
        found += [_from_text(cells, form, mark) for mark in date_marks(form) or ("",)]
    return [*found, _from_text(cells, ISO, "-")]


def _from_text(cells: tf.Tensor, form: str, mark: str) -> _Dates:
    shaped = tf.strings.regex_full_match(cells, _re2(form, mark))
    plain = tf.where(shaped, cells, tf.fill(tf.shape(cells), ""))
    names = date_pattern(form).groupindex

    def part(name: str) -> tf.Tensor:
        if name not in names:
            return tf.fill(tf.shape(plain), "")
        return tf.strings.regex_replace(plain, f"^{_re2(form, mark, name)}$", r"\1")

    years, hours = part("year"), part("hour")
    year, hour = _number(years), _number(hours)
    minute, second = _number(part("minute")), _number(part("second"))
    known, day, month = shaped, _number(part("day"), 1), _number(part("month"))
    if "first" in names:
        first, other = _number(part("first")), _number(part("second_number"))
        day, month = (first, other) if form.startswith("%d") else (other, first)
        known &= tf.strings.length(years) == (4 if form.endswith("%Y") else 2)
    elif "name" in names:
        day = _number(tf.strings.join([part("day"), part("day2")]))
        month = _month(tf.strings.join([part("name"), part("name2")]))
    elif form == ISO:  # 2024-5 may be anything; 2024-05 is a month
        whole = (tf.strings.length(part("month")) == 2) & (hours == "")
        known &= whole | (part("day") != "")
    elif form == "%Y/%m/%d":
        known &= part("day") != ""
    short = tf.strings.length(years) == 2
    year += tf.where(short, tf.where(year >= 69, 1900, 2000), 0)
    half = tf.strings.lower(part("half"))
    known &= (half == "") | ((hour >= 1) & (hour <= 12))
    afternoon = tf.where(half == "p", 12, 0)
    hour = tf.where(half == "", hour, tf.math.floormod(hour, 12) + afternoon)
    known &= (hour <= 23) & (minute <= 59) & (second <= 59)
    known &= _is_day(year, month, day)
    return _Dates(known, year, month, day, hour, minute, second, _offset(part("zone")))


def _from_epoch(cells: tf.Tensor, factor: int) -> _Dates:
    """Return what has passed since 1970, in parts of a second, as dates."""
    shaped = tf.strings.regex_full_match(cells, r"[+-]?(?:\d{1,18}|[1-8]\d{18})(?:\.\d*)?")
    plain = tf.where(shaped, cells, tf.fill(tf.shape(cells), "0"))
    whole = tf.strings.regex_replace(plain, r"^\+?(-?\d+).*$", r"\1")
    number = tf.strings.to_number(whole, tf.int64)
    below = tf.strings.regex_full_match(plain, r"-\d+\.\d*[1-9]\d*")
    seconds = tf.math.floordiv(number - tf.cast(below, tf.int64), factor)
    days, rest = tf.math.floordiv(seconds, 86_400), tf.math.floormod(seconds, 86_400)
    # What nanoseconds can hold: from 1677-09-22 to 2262-04-10.
    known = shaped & (days >= -106_751) & (days <= 106_750)
    year, month, day = _civil(tf.where(known, days, tf.zeros_like(days)))
    clock = (rest // 3600, rest // 60 % 60, rest % 60)
    year, month, day, hour, minute, second = (
        tf.cast(number, tf.int32) for number in (year, month, day, *clock)
    )
    none = tf.fill(tf.shape(cells), "")
    return _Dates(known, year, month, day, hour, minute, second, offset=none)


def _civil(days: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Return year, month and day of days since 1970-01-01.

    Reference:
        Hinnant, chrono-compatible low-level date algorithms.
    """
    shifted = days + 719_468
    era = tf.math.floordiv(shifted, 146_097)
    of_era = tf.math.floormod(shifted, 146_097)
    years = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * years + years // 4 - years // 100)
    from_march = (5 * of_year + 2) // 153
    day = of_year - (153 * from_march + 2) // 5 + 1
    month = tf.where(from_march < 10, from_march + 3, from_march - 9)
    year = years + era * 400 + tf.cast(month <= 2, days.dtype)
    return year, month, day


def _is_day(year: tf.Tensor, month: tf.Tensor, day: tf.Tensor) -> tf.Tensor:
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    last = tf.gather(tf.constant(_DAYS), tf.clip_by_value(month, 1, 12) - 1)
    last += tf.cast((month == 2) & leap, tf.int32)
    return (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= last)


def _number(texts: tf.Tensor, default: int = 0) -> tf.Tensor:
    known = tf.where(texts == "", tf.fill(tf.shape(texts), str(default)), texts)
    return tf.strings.to_number(known, tf.int32)


def _month(names: tf.Tensor) -> tf.Tensor:
    """Return the number of a month's name, 0 where it is none."""
    plain = names
    for letter, written in _letters().items():
        plain = tf.strings.regex_replace(plain, f"[{written}]", letter)
    found = tf.zeros(tf.shape(names), tf.int32)
    for month, spelled in MONTHS.items():
        of_month = tf.strings.regex_full_match(plain, spelled.replace(" ", "|"))
        found = tf.where(of_month, month, found)
    return found


@cache
def _letters() -> dict[str, str]:
    """Return each letter from a to z with all that become it without case and accents."""
    found: dict[str, str] = {}
    for mark in map(chr, range(_LATIN)):
        parts = unicodedata.normalize("NFD", mark.casefold())
        plain = "".join(part for part in parts if not unicodedata.combining(part))
        if len(plain) == 1 and "a" <= plain <= "z" and mark != plain:
            found[plain] = found.get(plain, "") + mark
    return found


def _offset(zones: tf.Tensor) -> tf.Tensor:
    """Return offsets from UTC as `+02:00`; empty where there is no zone."""
    digits = tf.strings.join([tf.strings.regex_replace(zones, r"[^\d]", ""), "0000"])
    east = tf.logical_not(tf.strings.regex_full_match(zones, r"[-\x{2212}].*"))
    hours, minutes = tf.strings.substr(digits, 0, 2), tf.strings.substr(digits, 2, 2)
    sign = tf.where(east | ((hours == "00") & (minutes == "00")), "+", "-")
    written = tf.strings.join([sign, hours, ":", minutes])
    return tf.where(zones == "", tf.fill(tf.shape(zones), ""), written)


def _of_one_place(dates: _Dates, offsets: Sequence[str]) -> tf.Tensor:
    """Return whether dates have an offset as clocks of the training table's place have."""
    if not offsets:
        return dates.offset == ""
    known = [_minutes(tf.constant([offset]))[0] for offset in offsets]
    found = _minutes(dates.offset)
    near = (found >= tf.reduce_max(known) - 60) & (found <= tf.reduce_min(known) + 60)
    return (dates.offset != "") & near


def _minutes(offsets: tf.Tensor) -> tf.Tensor:
    known = tf.where(offsets == "", tf.fill(tf.shape(offsets), "+00:00"), offsets)
    hours = tf.strings.to_number(tf.strings.substr(known, 1, 2), tf.int32)
    minutes = tf.strings.to_number(tf.strings.substr(known, 4, 2), tf.int32)
    sign = tf.where(tf.strings.substr(known, 0, 1) == "-", -1, 1)
    return sign * (60 * hours + minutes)


def _re2(form: str, mark: str, name: str = "") -> str:
    """Return the pattern of a date format for TensorFlow, with one of its parts as a group."""
    pattern = re.sub(r"\s", "", date_pattern(form).pattern)
    between = f"[{mark}]" if mark else ""
    pattern = re.sub(r"\(\?P<mark>[^)]*\)", between, pattern).replace("(?P=mark)", between)
    pattern = pattern.replace(r"[^\W\d_]", r"\pL").replace(r"\u2212", "\u2212")
    return re.sub(r"\(\?P<(\w+)>", lambda found: "(" if found[1] == name else "(?:", pattern)


def one_of(texts: Iterable[str]) -> str:
    """Return the regular expression of any of some texts."""
    return "|".join(re.escape(text) for text in sorted(texts))


def check_cells(texts: tf.Tensor, bad: tf.Tensor, column: str, what: str) -> None:
    """Let a model fail, in TensorFlow alone, too, rather than take a cell for something else.

    Args:
        texts: The cells, `(batch,)`.
        bad: Which cannot be read, `(batch,)`.
        column: The column's name.
        what: What it must hold.

    Raises:
        tf.errors.InvalidArgumentError: If there is one; it has the first.
    """
    first = tf.strings.reduce_join(tf.boolean_mask(texts, bad)[:1])
    said = tf.strings.join(
        [
            # TensorFlow would write a quote with a backslash.
            f"Column {column} must hold {what}, as in the training part. Received: ",
            first,
            ". Write it as the training table has it, or as an empty text if it is missing.",
        ]
    )
    tf.debugging.Assert(tf.logical_not(tf.reduce_any(bad)), [said])
