"""One number in one cell."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from dlrecipes.results.column import NumberForm

CLOCK, LONG_CLOCK = "clock", "clock with seconds"
_PERCENT = {"%": "e-2", "‰": "e-3"}
_CURRENCIES = "$€£¥₹₽₩₺₫฿₴₦₱₪₡₲₵₸¢"
_CODES = "USD|EUR|GBP|CHF|JPY|INR|CNY|SEK|NOK|DKK|PLN|CZK|HUF|BRL|CAD|AUD|Rs\\.?|kr\\.?"
_CELL = re.compile(
    rf"""(?P<open>\()?\s*(?P<sign>[+-])?\s*
    (?P<prefix>[A-Z]{{0,3}}[{_CURRENCIES}]|(?:{_CODES})(?=[\s\d+-]))?\s*(?P<inner>[+-])?
    (?P<body>\d(?:[\d.,' ]*\d)?[.,]?|[.,]\d+)(?:[eE](?P<exponent>[+-]?\d{{1,3}}))?
    \s*(?P<suffix>[^\d\s.,+()'"*#:;-][^\d\s,()'"*#:;-]{{0,11}})?\s*(?P<behind>-)?(?P<close>\))?""",
    re.VERBOSE,
)
TIME_OF_DAY = re.compile(
    r"(\d{1,3})(?::([0-5]\d)(?::([0-5]\d(?:\.\d+)?))?(?:\s*([AaPp])\.?[Mm]\.?)?|\s*([AaPp])\.?[Mm]\.?)"
)
# 12K beside 3.5M: what the letters multiply by.
_MAGNITUDES = {
    "k": "3", "K": "3", "M": "6", "Mio": "6", "mn": "6", "bn": "9", "B": "9", "Mrd": "9",
}  # fmt: skip
_ORDINALS = ("st", "nd", "rd", "th")
_BYTE = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
ADDRESS = re.compile(rf"{_BYTE}(?:\.{_BYTE}){{3}}")
CODE_WITH_E = re.compile(r"\d+[eE]\d+")
_GROUPED = {
    ",": re.compile(r"[1-9]\d{0,2}(?:,\d{2})*(?:,\d{3})+"),  # lakhs, too: 12,34,567
    **{mark: re.compile(rf"[1-9]\d{{0,2}}(?:{re.escape(mark)}\d{{3}})+") for mark in ". '"},
}
MAY_BE_A_THOUSAND = re.compile(r"[1-9]\d{0,2}([.,])\d{3}")
# Minus signs and dashes, spaces that do not break, apostrophes.
PLAIN = str.maketrans(dict.fromkeys("\u2212\u2013\u2010\u2011\ufe63\uff0d", "-")) | str.maketrans(
    {"\xa0": " ", "\u202f": " ", "\u2009": " ", "\u2019": "'", "\u02bc": "'"}
)


@dataclass(frozen=True)
class NumberParts:
    """What a cell that looks like a number is made of.

    Args:
        negative: Whether a minus sign stands before or behind it, or parentheses around it.
        unit: The currency before, or the letters behind it; empty for none.
        body: Digits and marks.
        exponent: The power of ten behind an `e`; empty for none.
        magnitude: The power of ten that a letter stands for, as in 12k; empty for none.
    """

    negative: bool
    unit: str
    body: str
    exponent: str
    magnitude: str = ""


def take_apart(text: str) -> NumberParts | None:
    """Return what a number in a cell is made of; None if it does not look like one."""
    plain = text.translate(PLAIN).strip()
    if not plain.isascii():
        plain = "".join(str(int(mark)) if mark.isdecimal() else mark for mark in plain)
    found = _CELL.fullmatch(plain)
    if found is None or bool(found["open"]) != bool(found["close"]):
        return None
    if found["suffix"] and found["body"][-1] in ".,":  # 1.png is a file
        return None
    signs = [sign for sign in (found["sign"], found["inner"], found["behind"]) if sign]
    suffix, magnitude = found["suffix"] or "", ""
    if suffix in _MAGNITUDES and not found["exponent"]:
        suffix, magnitude = "", _MAGNITUDES[suffix]
    if len(signs) + bool(found["open"]) > 1 or (found["prefix"] and suffix):
        return None
    if suffix in _ORDINALS:
        return None
    unit = (found["prefix"] or suffix).rstrip(".")
    if len(unit) > 2:  # 1 year, 2 years
        unit = unit.removesuffix("s")
    negative = bool(found["open"]) or signs == ["-"]
    return NumberParts(negative, unit, found["body"], found["exponent"] or "", magnitude)


def is_measure(unit: str) -> bool:
    """Return whether letters behind a number measure something: kg and lb, not 12A and 3B."""
    return (len(unit) > 1 and not unit.isupper()) or len(unit) > 2 or unit in _CURRENCIES


def read_number(text: str, form: NumberForm) -> float:
    """Return the number in a cell; NaN if it is none in this form."""
    if form.unit in (CLOCK, LONG_CLOCK):
        return _hours(text, with_seconds=form.unit == LONG_CLOCK)
    cell = take_apart(text)
    number = None if cell is None else canonical_number(cell, form)
    return np.nan if number is None else float(number)


def canonical_number(cell: NumberParts | None, form: NumberForm) -> str | None:
    """Return a number as Python reads it; None if it is not in this form."""
    if cell is None:
        return None
    # An amount without its currency is one; 12 beside 12 kg or 12A may be anything.
    money = form.unit.strip("ABCDEFGHIJKLMNOPQRSTUVWXYZ") in (*_CURRENCIES, "")
    if cell.unit != form.unit and not (money and not cell.unit):
        return None
    percent = _PERCENT.get(form.unit, "")
    if percent and (cell.exponent or cell.magnitude):
        return None
    once = MAY_BE_A_THOUSAND.fullmatch(cell.body)
    if once and once[1] == form.decimal and not form.fractions:
        return None
    whole, mark, part = cell.body.partition(form.decimal)
    if mark and not (part.isascii() and (part.isdecimal() or not part)):
        return None
    if not whole.isdecimal() and whole:
        if not form.thousands or not _GROUPED[form.thousands].fullmatch(whole):
            return None
        whole = whole.replace(form.thousands, "")
    exponent = f"e{cell.exponent or cell.magnitude}" if cell.exponent or cell.magnitude else percent
    return f"{'-' if cell.negative else ''}{whole or '0'}.{part or '0'}{exponent}"


def _hours(text: str, *, with_seconds: bool) -> float:
    found = TIME_OF_DAY.fullmatch(text.translate(PLAIN).strip())
    if found is None or bool(found[3]) != with_seconds:
        return np.nan
    hour, minute, second, *halves = found.groups()
    half = halves[0] or halves[1]
    hours = int(hour)
    if half:
        if not 1 <= hours <= 12:
            return np.nan
        hours = hours % 12 + (12 if half in "pP" else 0)
    if hours > 24 and not with_seconds:
        return np.nan
    return hours + int(minute or 0) / 60 + float(second or 0) / 3600
