"""Numbers in cells of text, as people and programs of different countries write them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dlrecipes.data.sources.number_cell import (
    ADDRESS,
    CLOCK,
    CODE_WITH_E,
    LONG_CLOCK,
    MAY_BE_A_THOUSAND,
    PLAIN,
    TIME_OF_DAY,
    NumberParts,
    canonical_number,
    is_measure,
    read_number,
    take_apart,
)
from dlrecipes.results.column import NumberForm

MOST_OTHERS = 3
# In Arrow's regular expressions.
_WHOLE = r"^[+-]?\d+$"
_CODE = r"^0\d+$"
_NO_UNCLEAR = r"^[+-]?0*\.|^[+-]?0+\.|\d{4,}\.|\.\d{0,2}$|\.\d{4,}|[eE]"
_ONE_UNCLEAR = r"^[+-]?[1-9]\d{0,2}\.\d{3}$"
_KEY = r"^[+-]?\d{17,}$"
_COMMAS = r"^[+-]?\d*,?\d+(?:[eE][+-]?\d+)?$"
_COMMAS_TOLD = r"^[+-]?0*,|\d{4,},|,\d{1,2}$|,\d{4,}|,\d+[eE]"


@dataclass(frozen=True)
class NumberScan:
    """What the cells of a column say about being numbers.

    Args:
        form: How they are written; None if they are no numbers.
        share: The share of the known cells that are numbers in this form.
        decimal: The decimal mark that the cells themselves tell; empty if they do not.
        unclear: A cell such as `1.234`, where nothing tells whether that is more than a thousand;
            empty if all is clear.
        mixed: Whether nearly all cells are numbers, but with different units.
        plain: Whether they are written as programs write numbers: nothing but digits, a sign, a
            decimal point and an exponent.
        guessed: Whether the decimal mark was told by the file's separator alone.
        other: Where most cells are numbers in `form`, the first one that is none; empty where many
            are none, as among tickets and product codes.
        example: A cell whose mark was guessed.
    """

    form: NumberForm | None
    share: float = 0.0
    decimal: str = ""
    unclear: str = ""
    mixed: bool = False
    plain: bool = False
    guessed: bool = False
    other: str = ""
    example: str = ""


def scan_numbers(
    known: pd.Series[Any], *, decimal: str = "", separator: str = "", asked: bool = False
) -> NumberScan:
    """Return how the numbers of a column are written.

    Args:
        known: Cells of text, missing ones left out, at least one.
        decimal: The decimal mark of the file, where the user or other columns tell it.
        separator: What separates the file's cells, which helps where nothing else does.
        asked: Whether the user says that these are numbers, whatever else they look like.
    """
    plain = _scan_plain(known, decimal)
    if plain is not None:
        return plain
    array = _array(known)
    if pc.all(pc.match_substring_regex(array, _COMMAS), min_count=0).as_py() and _any(
        array, _COMMAS_TOLD
    ):
        return NumberScan(NumberForm(",", fractions=True), 1.0, ",")
    counts = known.value_counts()
    texts = [str(text) for text in counts.index]
    weights = np.asarray(counts, dtype=np.float64)
    clocks = [TIME_OF_DAY.fullmatch(text.translate(PLAIN)) for text in texts]
    if all(clocks):
        return _scan_clocks([clock for clock in clocks if clock is not None])
    cells = [take_apart(text) for text in texts]
    if not asked and _are_codes_after_all(texts, cells):
        return NumberScan(None)
    like = np.array([cell is not None for cell in cells])
    share = float(weights[like].sum() / weights.sum())
    if not like.any():
        return NumberScan(None)
    bodies = [cell.body for cell in cells if cell is not None]
    found = _marks(bodies)
    own = found.decimal
    mark = own or decimal
    guessed = not mark and bool(found.unclear)
    if guessed:
        mark = _guess(found, separator)
        if not mark:
            at = next(
                at
                for at, cell in enumerate(cells)
                if cell and MAY_BE_A_THOUSAND.fullmatch(cell.body)
            )
            return NumberScan(NumberForm(), share, unclear=texts[at])
    mark = mark or "."
    thousands = found.thousands
    other = "," if mark == "." else "."
    if other in found.unclear:
        thousands = other
    fractions = found.fractions or mark in found.unclear
    form = NumberForm(mark, thousands, "", fractions)
    units = _units(cells, weights)
    if units:
        form = replace(form, unit=max(units, key=lambda unit: (units[unit], unit)))
    fits = np.array([canonical_number(cell, form) is not None for cell in cells])
    fitting = float(weights[fits].sum() / weights.sum())
    mixed = share >= 0.9 and fitting < 0.9 and len(units) > 1 and all(map(is_measure, units))
    others = [text for text, fit in zip(texts, fits, strict=True) if not fit]
    # Tickets and product codes have many, beginning with letters: those are categories.
    few = len(others) <= MOST_OTHERS or not others[0][:1].isalpha()
    most = others[0] if 0.5 <= fitting < 1 and few else ""
    return NumberScan(
        form,
        fitting,
        own,
        mixed=mixed,
        guessed=guessed,
        other=most,
        example=next((text for text in texts if MAY_BE_A_THOUSAND.search(text)), "")
        if guessed
        else "",
    )


def _scan_clocks(clocks: Sequence[re.Match[str]]) -> NumberScan:
    """Return the scan of times of the day, or of durations with seconds; 58:21 may be either."""
    lengths = {bool(clock[3]) for clock in clocks}
    hours = max(int(clock[1]) for clock in clocks)
    if len(lengths) > 1 or (lengths == {False} and hours > 24):
        return NumberScan(None, mixed=True)
    return NumberScan(
        NumberForm(unit=LONG_CLOCK if lengths == {True} else CLOCK, fractions=True), 1.0
    )


def _are_codes_after_all(texts: Sequence[str], cells: Sequence[NumberParts | None]) -> bool:
    """Return whether these look like numbers, but are addresses, telephone numbers or a list."""
    if all(map(ADDRESS.fullmatch, texts)) or all(map(CODE_WITH_E.fullmatch, texts)):
        return True
    if all(text.startswith("(") for text in texts):
        return True
    bodies = [cell.body for cell in cells if cell is not None]
    # Numbers have different lengths, or a decimal mark: 110 001 and 555 123 456 name something.
    return (
        len(bodies) == len(texts) > 1
        and all(" " in body and body.replace(" ", "").isdigit() for body in bodies)
        and len(set(map(len, bodies))) == 1
    )


def read_numbers(text: pd.Series[Any], form: NumberForm) -> NDArray[np.float64]:
    """Return numbers in a form; NaN for what is missing or is none.

    Each cell is read by itself, exactly: the float64 nearest to what is written.

    Args:
        text: Cells of text, `(rows,)`.
        form: How they are written.
    """
    if form.decimal == "." and not form.unit:
        array = _array(text)
        numbers = _cast(array)
        if numbers is not None and not (not form.fractions and _any(array, _ONE_UNCLEAR)):
            return np.asarray(numbers.to_numpy(), dtype=np.float64)
    if not form.unit:
        numbers = _read_marked(_array(text), form)
        if numbers is not None:
            return np.asarray(numbers.to_numpy(), dtype=np.float64)
    codes, different = pd.factorize(text)
    values = [read_number(str(cell), form) for cell in different]
    return np.array([*values, np.nan])[codes]


def are_whole(text: pd.Series[Any]) -> bool:
    """Return whether all known cells are whole numbers without any mark: `-12`, not `3.0`."""
    return bool(pc.all(pc.match_substring_regex(_array(text), _WHOLE), min_count=0).as_py())


def are_codes(known: pd.Series[Any]) -> bool:
    """Return whether the numbers among cells are digits some of which begin with a zero.

    `007` is not 7, also where it stands beside `X9`.
    """
    array = _array(known)
    if not _any(array, _CODE):
        return False
    rest = array.filter(pc.invert(pc.match_substring_regex(array, r"^\d+$")))
    return not len(rest) or not _any(rest, r"^[+-]?[\d.,]+$")


def are_keys(known: pd.Series[Any]) -> bool:
    """Return whether some are whole numbers of more digits than a 64-bit integer holds."""
    array = _array(known)
    try:
        array.cast(pa.int64())
    except pa.ArrowInvalid:
        return _any(array, _KEY)
    return False


@dataclass(frozen=True)
class _Marks:
    decimal: str
    thousands: str
    unclear: frozenset[str]
    all_unclear: bool
    fractions: bool


def _scan_plain(known: pd.Series[Any], decimal: str) -> NumberScan | None:
    """Return the scan of numbers as programs write them, fast; None for all others."""
    array = _array(known)
    if _cast(array) is None:
        return None
    if not _any(array, r"[.eE]"):
        return NumberScan(NumberForm(fractions=decimal == "."), 1.0, plain=True)
    if pc.all(pc.match_substring_regex(array, r"^\d+[eE]\d+$"), min_count=0).as_py():
        return None
    if decimal == ",":
        return None
    if decimal == "." or _any(array, _NO_UNCLEAR):
        return NumberScan(NumberForm(fractions=True), 1.0, ".", plain=True)
    return None


def _array(text: pd.Series[Any]) -> pa.ChunkedArray:
    own = getattr(text.array, "__arrow_array__", None)  # of text from a file, without a copy
    array = pa.array(text, pa.string(), from_pandas=True) if own is None else own()
    if not isinstance(array, pa.ChunkedArray):
        array = pa.chunked_array([array])
    return array.cast(pa.string())


def _cast(array: pa.ChunkedArray) -> pa.ChunkedArray | None:
    try:
        numbers = array.cast(pa.float64())
    except pa.ArrowInvalid:
        return None
    # Arrow reads 0x1f as a number, too.
    return None if _any(array, r"[xX]") else numbers


def _any(array: pa.ChunkedArray, pattern: str) -> bool:
    return bool(pc.any(pc.match_substring_regex(array, pattern)).as_py())


def _marks(bodies: Sequence[str]) -> _Marks:
    """Return what the marks inside numbers mean, as far as the numbers themselves tell."""
    decimals: dict[str, int] = {}
    thousands: dict[str, int] = {}
    unclear: dict[str, int] = {}
    for body in bodies:
        once = MAY_BE_A_THOUSAND.fullmatch(body)
        if once:
            unclear[once[1]] = unclear.get(once[1], 0) + 1
            continue
        last = max(body.rfind("."), body.rfind(","))
        if last >= 0 and body.count(body[last]) == 1:
            decimals[body[last]] = decimals.get(body[last], 0) + 1
            body = body[:last]
        for mark in "., '":
            if mark in body:
                thousands[mark] = thousands.get(mark, 0) + 1
    for mark in thousands:  # 1.234.567: the comma is what is left for decimals
        other = {".": ",", ",": "."}.get(mark, "")
        if other and not decimals:
            decimals[other] = 0
    decimal = max(decimals, key=lambda mark: (decimals[mark], mark)) if decimals else ""
    groups = {mark: count for mark, count in thousands.items() if mark != decimal}
    return _Marks(
        decimal,
        max(groups, key=lambda mark: groups[mark]) if groups else "",
        frozenset(unclear),
        sum(unclear.values()) == len(bodies),
        any(decimals.values()),
    )


def _guess(found: _Marks, separator: str) -> str:
    """Return the decimal mark that the file's separator suggests; empty if it does not."""
    if len(found.unclear) > 1:
        return ""
    mark = next(iter(found.unclear))
    if found.all_unclear:  # three digits behind the mark in every cell
        if mark == ".":
            return "" if separator == ";" else "."
        return {";": ",", ",": "."}.get(separator, "")
    return "." if mark == "," and separator != ";" else ""


def _units(cells: Sequence[NumberParts | None], weights: NDArray[np.float64]) -> dict[str, float]:
    units: dict[str, float] = {}
    for cell, weight in zip(cells, weights.tolist(), strict=True):
        if cell is not None and cell.unit:
            units[cell.unit] = units.get(cell.unit, 0.0) + weight
    return units


def _read_marked(array: pa.ChunkedArray, form: NumberForm) -> pa.ChunkedArray | None:
    """Return numbers whose marks are replaced all at once; None where that is not exact."""
    whole = r"\d+"
    if form.thousands:
        mark = re.escape(form.thousands)
        whole = rf"(?:\d+|[1-9]\d{{0,2}}(?:{mark}\d{{3}})+)"
    part = rf"(?:{re.escape(form.decimal)}\d*)?" if form.fractions else ""
    pattern = rf"^[+-]?{whole}{part}(?:[eE][+-]?\d{{1,3}})?$"
    if not pc.all(pc.match_substring_regex(array, pattern), min_count=0).as_py():
        return None
    if form.thousands:
        array = pc.replace_substring(array, form.thousands, "")
    if form.decimal != ".":
        array = pc.replace_substring(array, form.decimal, ".")
    return _cast(array)
