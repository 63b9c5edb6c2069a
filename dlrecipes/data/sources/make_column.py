"""A column of a kind, with what speaks for it."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from dlrecipes.data.option_text import as_option
from dlrecipes.data.sources.column import Column
from dlrecipes.data.sources.date_cell import ISO
from dlrecipes.data.sources.dates import check_zones, date_example, read_dates
from dlrecipes.data.sources.plain_values import amount, check_finite, described
from dlrecipes.data.sources.typed_table import number_values
from dlrecipes.errors import DataError
from dlrecipes.results import plural
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
            return constant_column(name, amount(low))
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
        return constant_column(name, low)
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
        return constant_column(name, str(counts.index[0]))
    evidence = described(plural(len(counts), "value"), values)
    if len(counts) > MANY_CATEGORIES:
        evidence += f"; more than {MANY_CATEGORIES:,}, the rare ones will be joined"
    return Column(name, "category", evidence + note, spelling=spelling, doubt=doubt)


def constant_column(name: str, value: str) -> Column:
    """Return a column that is ignored because it never changes."""
    short = value if len(value) <= 40 else f"{value[:39]}…"
    return Column(name, "ignored", f"constant: always {short}")
