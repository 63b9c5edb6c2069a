"""A column of a kind, with what speaks for it, or of the kind that the user says it is."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pandas as pd
from pandas.api import types

from dlrecipes.data.option_text import as_option
from dlrecipes.data.sources.date_cell import DAY_FIRST, ISO, MONTH_FIRST
from dlrecipes.data.sources.dates import (
    DateScan,
    are_compact_dates,
    check_zones,
    date_example,
    epoch_format,
    read_dates,
    scan_dates,
)
from dlrecipes.data.sources.number_cells import NumberScan, are_codes, are_keys, scan_numbers
from dlrecipes.data.sources.plain_values import amount, check_finite, described
from dlrecipes.data.sources.scan_cells import forced_list, forced_parts
from dlrecipes.data.sources.scan_dna import forced_dna
from dlrecipes.data.sources.typed_table import are_booleans, number_values
from dlrecipes.errors import DataError
from dlrecipes.results import Column, ColumnKind as Kind, plural
from dlrecipes.results.column import IDENTIFIER, NumberForm, Spelling

MANY_CATEGORIES = 10_000
LEAST_IDENTIFIERS = 20
MERGED = 0.01
"""Share of different numbers that float32 may make equal before a column is taken as float64."""
_EXACT = 2**53
_KEY_NAME = re.compile(r"(^|[_\s.\-])(?i:id|uuid|guid|key|index)$|[a-z0-9](Id|ID)$")


def form_of(values: pd.Series[Any]) -> NumberForm:
    """Return the form in which text would hold these typed numbers."""
    if types.is_integer_dtype(values) or types.is_bool_dtype(values):
        return NumberForm()
    known = values.dropna()
    return NumberForm(fractions=bool((known % 1 != 0).any()))


def number_column(
    name: str,
    given: pd.Series[Any],
    form: NumberForm,
    *,
    is_target: bool,
    among: Collection[str] = (),
    evidence: str = "",
) -> Column:
    """Return a column of numbers; one that is constant or numbers the rows is ignored.

    Args:
        name: Its name.
        given: Text or numbers, `(rows,)`.
        form: How text is written.
        is_target: Whether it is never ignored.
        among: Texts that stand for a missing value.
        evidence: What speaks for the kind; empty for the range.

    Raises:
        DataError: If a number is infinite.
    """
    values = number_values(given, form, among)
    check_finite(name, values, given)
    low, high = values.min(), values.max()
    if not is_target and not evidence:
        if low == high and not values.isna().any():
            return _constant_column(name, amount(low))
        if _counts_up(name, values):
            return Column(name, "ignored", f"{IDENTIFIER}: {len(values):,} different whole numbers")
    written = (
        ""
        if form == NumberForm(fractions=form.fractions)
        else (
            f", written as {form.example}"
            if not form.unit.startswith("clock")
            else ", times of the day as hours"
        )
    )
    wide, doubt = _precision(name, values, given)
    return Column(
        name,
        "number",
        described(evidence or f"{amount(low)} to {amount(high)}{written}", values),
        number_form=form,
        wide=wide,
        doubt=doubt,
    )


def _precision(name: str, values: pd.Series[Any], given: pd.Series[Any]) -> tuple[bool, str]:
    """Return whether float32 makes different numbers equal, and what float64 still does."""
    exact = np.unique(np.asarray(values.dropna(), dtype=np.float64))
    if not len(exact):
        return False, ""
    with np.errstate(over="ignore"):
        kept = np.unique(exact.astype(np.float32))
    different = len(exact)
    if float(np.abs(exact).max()) >= _EXACT:  # text and whole numbers may tell more apart
        different = max(different, int(given.dropna().astype("str").nunique()))
    wide = len(kept) < (1 - MERGED) * different and bool(np.isfinite(kept).all())
    if len(exact) >= different:
        return wide, ""
    return wide, (
        f"{different - len(exact):,} of the {different:,} numbers of {name!r} equal another "
        f"one in float64: leave it out if it is a key ({as_option('drop', name)}), or pass "
        f"{as_option('kinds', f'{name}=category')}"
    )


def _counts_up(name: str, values: pd.Series[Any]) -> bool:
    """Return whether these are row numbers, or different whole numbers with a key's name."""
    if not types.is_integer_dtype(values) or len(values) < LEAST_IDENTIFIERS:
        return False
    if values.isna().any() or not values.is_unique:
        return False
    consecutive = int(values.max()) - int(values.min()) + 1 == len(values)
    return consecutive or _KEY_NAME.search(name) is not None


def date_column(
    name: str, values: pd.Series[Any], form: str, *, is_target: bool, evidence: str = ""
) -> Column:
    """Return a column of dates; a constant one is ignored.

    Args:
        name: Its name.
        values: Text, numbers or dates, `(rows,)`.
        form: The date format.
        is_target: Whether it is never ignored.
        evidence: What speaks for the kind; empty for the span.

    Raises:
        DataError: If none can be read, or if they are of different time zones.
    """
    written = read_dates(values, form)
    offsets = check_zones(name, written)
    known = sorted({text for text in written.tolist() if text})
    if not known:
        raise DataError(f"Column {name!r} must hold dates.", received="none that can be read")
    low, high = known[0], known[-1]
    if low == high and not values.isna().any() and not is_target and not evidence:
        return _constant_column(name, low)
    shown = "" if form == ISO else f", written as {date_example(form)}"
    doubt = ""
    beyond = [text[:10] for text in known if not "1678" <= text[:4] <= "2261"]
    if beyond:
        doubt = (
            f"the dates of {name!r} before 1678 or after 2261, such as {beyond[-1]}, are taken as "
            f"missing: make that plain by {as_option('missing', f'+{beyond[-1]}')}"
        )
    if form.endswith("%y") and high[:4] >= "2040":
        doubt = (
            f"the two digits of the years of {name!r} are read as 1969 to 2068, so that the latest "
            f"is {high[:10]}: write four digits if that is wrong"
        )
    return Column(
        name,
        "date",
        described(evidence or f"{low[:10]} to {high[:10]}{shown}", values),
        date_format=form,
        offsets=offsets,
        doubt=doubt,
    )


def category_column(
    name: str,
    values: pd.Series[Any],
    counts: pd.Series[int],
    *,
    is_target: bool,
    spelling: Spelling = "as it stands",
    note: str = "",
    doubt: str = "",
) -> Column:
    """Return a column of categories; a constant one is ignored.

    Args:
        name: Its name.
        values: The cells, `(rows,)`.
        counts: How often each value occurs.
        is_target: Whether it is never ignored.
        spelling: How its cells become one text.
        note: What is added to the evidence.
        doubt: What may be wrong about the kind.
    """
    if len(counts) == 1 and not values.isna().any() and not is_target:
        return _constant_column(name, str(counts.index[0]))
    evidence = described(plural(len(counts), "value"), values)
    if len(counts) > MANY_CATEGORIES:
        evidence += f"; more than {MANY_CATEGORIES:,}, the rare ones will be joined"
    return Column(name, "category", evidence + note, spelling=spelling, doubt=doubt)


def _constant_column(name: str, value: str) -> Column:
    """Return a column that is ignored because it never changes."""
    short = value if len(value) <= 40 else f"{value[:39]}…"
    return Column(name, "ignored", f"constant: always {short}")


KINDS: tuple[str, ...] = get_args(Kind)

__all__ = ["KINDS", "Column", "Kind"]


ASKED = "as asked"
ORDERS = (DAY_FIRST, MONTH_FIRST)
"""Kinds that say in which order the numbers of a date stand."""
_FORCED = {"list": forced_list, "parts": forced_parts, "dna": forced_dna}


def forced_column(
    name: str,
    values: pd.Series[Any],
    kind: str,
    among: Collection[str],
    scan: NumberScan | None = None,
) -> Column:
    """Return the column as a number, category, date or text.

    Args:
        name: The column's name.
        values: Numbers, text, dates or booleans, `(rows,)`.
        kind: `"number"`, `"category"`, `"date"`, `"day-first"`, `"month-first"`, `"text"`,
            `"list"`, `"parts"` or `"dna"`.
        among: Texts that stand for a missing value among numbers.
        scan: What text says about being numbers.

    Raises:
        DataError: If the values cannot be of that kind.
    """
    if kind == "number":
        return _forced_number(name, values, among, scan)
    if kind in ("date", *ORDERS):
        return _forced_date(name, values, kind, among)
    if kind in _FORCED:
        return _FORCED[kind](name, values)
    evidence = described(f"{plural(values.nunique(), 'value')} {ASKED}", values)
    if kind == "text":
        return Column(name, "text", evidence)
    return Column(name, "category", evidence, spelling=spelling_of(values))


def _forced_number(
    name: str, values: pd.Series[Any], among: Collection[str], scan: NumberScan | None
) -> Column:
    if types.is_datetime64_any_dtype(values):
        raise DataError(f"Column {name!r} must hold numbers.", received="dates")
    if types.is_bool_dtype(values) or types.is_numeric_dtype(values):
        form = form_of(values)
    else:
        form = scan.form if scan is not None and scan.form is not None else NumberForm()
        if scan is not None and scan.share < 1:
            raise not_all_numbers(name, values, form, among, asked=True)
    column = number_column(name, values, form, is_target=True, among=among, evidence=ASKED)
    return replace(column, spelling="boolean") if types.is_bool_dtype(values) else column


def _forced_date(name: str, values: pd.Series[Any], kind: str, among: Collection[str]) -> Column:
    form = ""
    if types.is_datetime64_any_dtype(values):
        form = ISO
    elif types.is_numeric_dtype(values) and not types.is_bool_dtype(values):
        form = "%Y%m%d" if are_compact_dates(values, 1) else epoch_format(values)
    elif values.notna().any() and types.is_string_dtype(values):
        values = values.mask(values.isin(list(among)))
        scan = scan_numbers(values.dropna())
        if scan.plain and scan.form is not None:
            numbers = number_values(values, scan.form, among)
            form = "%Y%m%d" if are_compact_dates(numbers, 1) else epoch_format(numbers)
        else:
            order = kind if kind in ORDERS else ""
            dates = scan_dates(values.value_counts(), order)
            check_dates(name, values, dates)
            form = dates.form
    if not form:
        known = values.dropna()
        raise DataError(
            f"Column {name!r} must hold dates such as 2026-01-31 or 31.01.2026, as kinds asks.",
            received=f"{values.dtype} such as {known.iloc[0]!r}" if len(known) else "nothing",
            fix="Write them as year-month-day.",
        )
    return date_column(name, values, form, is_target=True, evidence=ASKED)


def spelling_of(values: pd.Series[Any]) -> Spelling:
    """Return how a category's cells become one text."""
    if types.is_bool_dtype(values):
        return "boolean"
    if types.is_numeric_dtype(values):
        return "number"
    if not types.is_string_dtype(values) or not values.notna().any():
        return "as it stands"
    known = values.dropna().astype("str")
    if are_booleans(known.value_counts()):
        return "boolean"
    scan = scan_numbers(known)
    plain = scan.plain and not are_codes(known) and not are_keys(known)
    return "number" if plain else "as it stands"


def not_all_numbers(
    name: str,
    values: pd.Series[Any],
    form: NumberForm,
    among: Collection[str],
    *,
    asked: bool = False,
) -> DataError:
    """Return the error of a column of which most cells are numbers, but not all.

    Args:
        name: The column's name.
        values: Its cells, `(rows,)`.
        form: How its numbers are written.
        among: Texts that stand for a missing value.
        asked: Whether the user said that they are numbers.
    """
    numbers = number_values(values, form, among)
    known = values.notna() & ~values.isin(list(among))
    bad = (numbers.isna() & known).to_numpy()
    row = int(np.argmax(bad))
    first = str(values.iloc[row])
    rule = (
        "must hold numbers, as kinds asks"
        if asked
        else ("must hold numbers only, as most of it does")
    )
    return DataError(
        f"Column {name!r} {rule}.",
        received=f"{plural(int(bad.sum()), 'cell')} of {len(bad):,} with text, first {first!r} in "
        f"row {values.index[row]}",
        fix="Correct them; or if they are missing, read the table with "
        f"missing=['+{first}'] ({as_option('missing', f'+{first}')}); or pass "
        f"kinds={{{name!r}: 'category'}} ({as_option('kinds', f'{name}=category')}).",
    )


def check_dates(name: str, values: pd.Series[Any], found: DateScan) -> None:
    """Check that it is clear what the cells of a column of dates are.

    Args:
        name: The column's name.
        values: Its cells, `(rows,)`.
        found: What they say about being dates.

    Raises:
        DataError: If day and month cannot be told apart, or if a few cells are no dates.
    """
    form, unclear, bad = found.form, found.unclear, found.bad
    if unclear:
        raise DataError(
            f"It must be clear whether the dates of column {name!r} begin with the day.",
            received=f"{unclear!r}, and no date with a number above 12 that tells",
            fix=f"Pass kinds={{{name!r}: 'day-first'}} "
            f"({as_option('kinds', f'{name}=day-first')}), 'month-first', or 'category' if they "
            "are none.",
        )
    if not bad:
        return
    row = int(np.argmax((values == bad).to_numpy(dtype=bool, na_value=False)))
    raise DataError(
        f"Column {name!r} must hold dates only, as most of it does.",
        received=f"{bad!r} in row {values.index[row]} among dates such as {date_example(form)}",
        fix="Correct such cells; or if they are missing, read the table with "
        f"missing=['+{bad}'] ({as_option('missing', f'+{bad}')}); or pass "
        f"kinds={{{name!r}: 'category'}} ({as_option('kinds', f'{name}=category')}).",
    )
