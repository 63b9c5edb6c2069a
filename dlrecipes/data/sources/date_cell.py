"""One date in one cell."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date

ISO = "ISO8601"
DAY_FIRST, MONTH_FIRST = "day-first", "month-first"
_TIME = r"""
    (?:(?:[T\s]|,\s)\s*(?P<hour>\d{1,2}):?(?P<minute>\d\d)(?::?(?P<second>\d\d)(?:[.,](?P<part>\d+))?)?
    (?:\s*(?P<half>[AaPp])\.?\s?[Mm]\.?)?
    \s*(?P<zone>Z|z|UTC|GMT|[+\-\u2212]\d\d(?::?\d\d)?)?)?
"""
_WEEKDAY = r"(?:[^\W\d_]{2,10}\.?,?\s+)?"
_YEAR_FIRST = re.compile(
    rf"(?P<year>\d{{4}})(?P<mark>[-/.])(?P<month>\d\d?)(?:(?P=mark)(?P<day>\d\d?))?{_TIME}",
    re.VERBOSE,
)
_THREE = re.compile(
    rf"{_WEEKDAY}(?P<first>\d\d?)(?P<mark>[-/.])(?P<second_number>\d\d?)(?P=mark)"
    rf"(?P<year>\d{{4}}|\d\d){_TIME}",
    re.VERBOSE,
)
_COMPACT = re.compile(rf"(?P<year>\d{{4}})(?P<month>\d\d)(?P<day>\d\d){_TIME}", re.VERBOSE)
_NAMED = re.compile(
    rf"{_WEEKDAY}(?:(?P<day>\d\d?)(?:st|nd|rd|th|\.)?[\s\-]*(?P<name>[^\W\d_]{{3,10}})\.?"
    rf"|(?P<name2>[^\W\d_]{{3,10}})\.?\s+(?P<day2>\d\d?)(?:st|nd|rd|th)?)"
    rf"(?:,\s*|[\s\-]+)(?P<year>\d{{4}}|\d\d){_TIME}",
    re.VERBOSE,
)
_LIKE = re.compile(
    r"(?:\d{4}[-/.]\d\d?[-/.]\d\d?|\d\d?[-/.]\d\d?[-/.](?:\d{4}|\d\d)"
    r"|\d\d?(?:st|nd|rd|th|\.)?[\s\-]*[^\W\d_]{3,10}\.?[,\s\-]+(?:\d{4}|\d\d)"
    r"|[^\W\d_]{3,10}\.?\s+\d\d?(?:st|nd|rd|th)?,?\s+\d{4}"
    r"|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?[\s\-']+(?:\d{4}|\d\d)"
    r")(?:[T,\s].*)?",
    re.IGNORECASE,
)
MONTHS = {  # English, German, French, Spanish, Italian, Dutch; without accents
    1: "january januar janvier enero gennaio januari jan ene gen janv",
    2: "february februar fevrier febrero febbraio februari feb fevr fev",
    3: "march marz maerz mars marzo maart mar mrz mrt",
    4: "april avril abril aprile apr avr abr",
    5: "may mai mayo maggio mei mag",
    6: "june juni juin junio giugno jun giu",
    7: "july juli juillet julio luglio jul lug juil",
    8: "august aout agosto augustus aug ago aou",
    9: "september septembre septiembre settembre sep sept set",
    10: "october oktober octobre octubre ottobre oct okt ott",
    11: "november novembre noviembre nov",
    12: "december dezember decembre diciembre dicembre dec dez dic",
}
_MONTH = {name: month for month, names in MONTHS.items() for name in names.split()}


def has_date_shape(text: str) -> bool:
    """Return whether a cell may be a date that is understood."""
    return any(pattern.fullmatch(text) for pattern in (_YEAR_FIRST, _THREE, _NAMED))


def looks_like_date(text: str) -> bool:
    """Return whether a person would take a cell for a date, understood or not."""
    return _LIKE.fullmatch(text) is not None


def is_version(text: str) -> bool:
    """Return whether this may be a version, such as 1.2.10, rather than a day in 2010."""
    return len(text) < 8 and re.fullmatch(r"\d\d?\.\d\d?\.\d\d", text) is not None


def is_season(text: str) -> bool:
    """Return whether this is a year and the next one, such as 2009-10."""
    found = re.fullmatch(r"(\d{4})[-/](\d\d)", text)
    return found is not None and (int(found[1]) + 1) % 100 == int(found[2])


def date_forms(text: str, order: str) -> list[str]:
    """Return the formats that a cell may be in.

    Args:
        text: A cell.
        order: `"day-first"` or `"month-first"`, where the user knows it; empty to tell it.
    """
    found = _YEAR_FIRST.fullmatch(text)
    if found:
        return [ISO] if found["mark"] == "-" else ["%Y/%m/%d"]
    found = _THREE.fullmatch(text)
    if found:
        mark, year = found["mark"], "%Y" if len(found["year"]) == 4 else "%y"
        day, month = f"%d{mark}%m{mark}{year}", f"%m{mark}%d{mark}{year}"
        if is_version(text):
            return []
        # With points the day is always first.
        if mark == "." or order == DAY_FIRST:
            return [day]
        return [month] if order == MONTH_FIRST else [day, month]
    return ["%B"] if _NAMED.fullmatch(text) else []


def date_pattern(form: str) -> re.Pattern[str]:
    """Return what a date in a format looks like, with a name for each of its parts."""
    return _PATTERNS.get(form, _THREE)


def date_marks(form: str) -> str:
    """Return the marks that may stand between the numbers of a date in a format."""
    if form in _MARKS:
        return _MARKS[form]
    # A column with the day first takes points as well.
    return f"{form[2]}." if form.startswith("%d") else form[2]


def read_date(text: str, form: str) -> str:
    """Return a date as one text, `2024-05-31 17:30`; empty if it is none.

    Args:
        text: A cell.
        form: A date format, see `dlrecipes.data.sources.dates`.
    """
    reader = _READERS.get(form, _read_numbers)
    return reader(text, form)


def _read_year_first(text: str, form: str) -> str:
    found = _YEAR_FIRST.fullmatch(text)
    if found is None or found["mark"] not in date_marks(form):
        return ""
    # 2024-5 may be anything; 2024-05 is a month.
    if not found["day"] and (len(found["month"]) < 2 or form != ISO or found["hour"]):
        return ""
    return _checked(found, int(found["year"]), int(found["month"]), int(found["day"] or 1))


def _read_compact(text: str, form: str) -> str:
    found = _COMPACT.fullmatch(text)
    if found is None:
        return ""
    return _checked(found, int(found["year"]), int(found["month"]), int(found["day"]))


def _read_named(text: str, form: str) -> str:
    found = _NAMED.fullmatch(text)
    if found is None:
        return ""
    name = unicodedata.normalize("NFD", (found["name"] or found["name2"]).casefold())
    month = _MONTH.get("".join(mark for mark in name if not unicodedata.combining(mark)))
    if month is None:
        return ""
    return _checked(found, _year(found["year"]), month, int(found["day"] or found["day2"]))


def _read_numbers(text: str, form: str) -> str:
    """Read `%d/%m/%Y` and the like."""
    found = _THREE.fullmatch(text)
    if found is None or len(found["year"]) != (4 if form.endswith("%Y") else 2):
        return ""
    if found["mark"] not in date_marks(form):
        return ""
    numbers = int(found["first"]), int(found["second_number"])
    day, month = numbers if form.startswith("%d") else numbers[::-1]
    return _checked(found, _year(found["year"]), month, day)


_PATTERNS = {ISO: _YEAR_FIRST, "%Y/%m/%d": _YEAR_FIRST, "%Y%m%d": _COMPACT, "%B": _NAMED}
_MARKS = {ISO: "-", "%Y/%m/%d": "/.", "%Y%m%d": "", "%B": ""}
_READERS: dict[str, Callable[[str, str], str]] = {
    ISO: _read_year_first,
    "%Y/%m/%d": _read_year_first,
    "%Y%m%d": _read_compact,
    "%B": _read_named,
}


def _year(text: str) -> int:
    number = int(text)
    return number if len(text) == 4 else number + (1900 if number >= 69 else 2000)


def _checked(found: re.Match[str], year: int, month: int, day: int) -> str:
    """Return the date as text, empty if there is no such day or time."""
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    if found["half"]:
        if not 1 <= hour <= 12:
            return ""
        hour = hour % 12 + (12 if found["half"] in "pP" else 0)
    if hour > 23 or minute > 59 or second > 59:
        return ""
    try:
        date(year, month, day)
    except ValueError:
        return ""
    offset = ""
    zone = found["zone"]
    if zone:
        digits = re.sub(r"\D", "", zone)
        sign = "-" if zone[0] in "-\u2212" else "+"
        offset = f"{sign}{(digits or '00')[:2]}:{digits[2:4] or '00'}"
        offset = "+00:00" if offset == "-00:00" else offset
    part = (found["part"] or "").rstrip("0")[:9]
    return date_text(year, month, day, (hour, minute, second), part) + offset


def date_text(year: int, month: int, day: int, time: tuple[int, int, int], part: str = "") -> str:
    """Return a date as it is written everywhere: with seconds where it has some."""
    hour, minute, second = time
    seconds = f":{second:02d}" if second or part else ""
    seconds += f".{part}" if part else ""
    return f"{year:04d}-{month:02d}-{day:02d} {hour:02d}:{minute:02d}{seconds}"
