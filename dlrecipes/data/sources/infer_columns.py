"""What the columns of a table are, and how each cell of them is read."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from dlrecipes.data.sources.column import KINDS, Column
from dlrecipes.data.sources.dates import (
    DAY_FIRST,
    ISO,
    MONTH_FIRST,
    are_compact_dates,
    check_zones,
    epoch_format,
    read_dates,
    scan_dates,
)
from dlrecipes.data.sources.missing import missing_markers
from dlrecipes.data.sources.number_cells import (
    NumberScan,
    are_codes,
    are_keys,
    scan_numbers,
)
from dlrecipes.data.sources.plain_values import (
    amount,
    cells,
    check_finite,
    described,
    plain_values,
)
from dlrecipes.data.sources.text_cells import are_booleans, count_words
from dlrecipes.data.sources.typed_table import date_example, number_values
from dlrecipes.errors import DataError
from dlrecipes.results import TableFile
from dlrecipes.results.column import NumberForm, Spelling

MOSTLY = 0.9
MANY_CATEGORIES = 10_000
LEAST_IDENTIFIERS = 20
TEXT_WORDS = 3.0
TEXT_DISTINCT = 0.5
TEXT_VALUES = 1_000
ASKED = "as asked"
MERGED = 0.01
"""Share of different numbers that float32 may make equal before a column is taken as float64."""
_EXACT = 2**53
_KEY_NAME = re.compile(r"(^|[_\s.\-])(?i:id|uuid|guid|key|index)$|[a-z0-9](Id|ID)$")
_ORDERS = (DAY_FIRST, MONTH_FIRST)


@dataclass(frozen=True, eq=False)
class _Looked:
    """A column with what was seen of it: its values, and of text what its numbers say."""

    name: str
    values: pd.Series[Any]
    kind: str
    scan: NumberScan | None = None

    @property
    def known(self) -> pd.Series[Any]:
        return self.values.dropna()


def infer_columns(
    frame: pd.DataFrame,
    *,
    kinds: Mapping[str, str] | None = None,
    target: Sequence[str] = (),
    file: TableFile | None = None,
    separator: str = "",
) -> tuple[Column, ...]:
    """Return what each column is and how its cells are read, with what speaks for it.

    Numbers stay numbers, also whole numbers with few values, and however they are written: with
    marks between thousands, a currency, a unit or a percent sign, a minus sign behind them or
    parentheses around them; times of the day become hours. Digits of which some begin with a zero
    are codes, hence categories. Text is a date if all of it are dates in one format, text if it has
    three words on average and most of it differs or there are more than 1,000 different ones, else
    a category. Row numbers, keys, constants and columns without any value are ignored.

    Args:
        frame: The table: text as a file has it, or typed values.
        kinds: Kinds that the user knows better, by column: `"number"`, `"category"`, `"date"`,
            `"text"` or `"ignored"`; `"day-first"` or `"month-first"` for dates such as 05/06/2024.
        target: Columns to be predicted, grouped or ordered by, which are never ignored or text.
        file: How the file was read; None for the usual.
        separator: What separated its cells; it helps to tell decimal marks where nothing else does.

    Returns:
        One a column, in their order; `typed_table` reads the cells by them.

    Raises:
        DataError: If a column or kind is unknown, if a cell of a column of numbers or dates is
            none, if it cannot be told whether 1.234 is more than a thousand or whether 05/06/2024
            is in May or June, if dates have different time zones, or if a column holds anything
            but numbers, text, dates and booleans.
    """
    _check_frame(frame)
    kinds, file = dict(kinds or {}), file or TableFile()
    _check_names(frame, kinds, target)
    among = missing_markers(file.missing)[1]
    looked = [
        _look(str(name), frame[name], kinds.get(str(name), ""), among, file.decimal or "", separator)
        for name in frame.columns
    ]
    looked = _with_decimal(looked, among, file, separator)
    return tuple(_column(column, among, is_target=column.name in target) for column in looked)


def number_forms(
    frame: pd.DataFrame, *, file: TableFile | None = None, separator: str = ""
) -> dict[str, NumberForm]:
    """Return how the numbers of those columns are written whose cells are all numbers.

    Args:
        frame: Text as a file has it, or typed values.
        file: How the file was read; None for the usual.
        separator: What separated its cells.

    Raises:
        DataError: If nothing tells whether `1.234` is more than a thousand.
    """
    file = file or TableFile()
    among = missing_markers(file.missing)[1]
    looked = [
        _look(str(name), frame[name], "", among, file.decimal or "", separator)
        for name in frame.columns
        if types.is_string_dtype(frame[name]) or types.is_numeric_dtype(frame[name])
    ]
    forms = {}
    for column in _with_decimal(looked, among, file, separator):
        scan, values = column.scan, column.values
        if types.is_numeric_dtype(values) and not types.is_bool_dtype(values):
            forms[column.name] = _form_of(values)
        elif not values.notna().any():
            forms[column.name] = NumberForm()
        elif scan is not None and scan.form is not None and scan.share == 1.0:
            known = values[~values.isin(list(among))].dropna()
            if not scan.plain or not (are_codes(known) or are_keys(known)):
                forms[column.name] = scan.form
    return forms


def _check_frame(frame: pd.DataFrame) -> None:
    if not len(frame) or not len(frame.columns):
        raise DataError(
            "A table must have at least one row and one column.",
            received=f"{len(frame)} rows and {len(frame.columns)} columns",
        )
    if not all(isinstance(name, str) for name in frame.columns):
        raise DataError(
            "The names of columns must be text.",
            received=", ".join(repr(name) for name in frame.columns[:10]),
            fix="Set frame.columns = frame.columns.map(str).",
        )
    if frame.columns.has_duplicates:
        twice = frame.columns[frame.columns.duplicated()].unique()
        raise DataError(
            "Columns must have different names.",
            received=f"{', '.join(map(repr, twice[:10]))} more than once",
        )


def _check_names(frame: pd.DataFrame, kinds: Mapping[str, str], target: Sequence[str]) -> None:
    if isinstance(target, str):
        raise DataError("`target` must be a list of columns.", received=f"target={target!r}")
    for argument, names in (("kinds", list(kinds)), ("target", list(target))):
        unknown = [name for name in names if name not in frame.columns]
        if unknown:
            raise DataError(
                f"`{argument}` must name columns of the table.",
                received=f"{', '.join(map(repr, unknown))}; the columns are "
                f"{', '.join(map(repr, frame.columns[:50]))}",
            )
    for name, kind in kinds.items():
        if kind not in (*KINDS, *_ORDERS):
            raise DataError(
                f"A kind must be one of {', '.join(map(repr, (*KINDS, *_ORDERS)))}.",
                received=f"{kind!r} for column {name!r}",
            )
        if kind == "ignored" and name in target:
            raise DataError("A target must not be ignored.", received=f"column {name!r}")


# ---- what the cells are, column by column, and the decimal mark that some tell for all


def _look(
    name: str,
    series: pd.Series[Any],
    kind: str,
    among: Collection[str],
    decimal: str,
    separator: str,
) -> _Looked:
    if kind == "ignored":
        return _Looked(name, series, kind)
    values = plain_values(name, series)
    if isinstance(series.dtype, pd.CategoricalDtype) and not kind:
        kind = "categorical"
    if kind not in ("", "number") or not types.is_string_dtype(values):
        return _Looked(name, values, kind)
    known = values[~values.isin(list(among))].dropna()
    if not len(known):
        return _Looked(name, values, kind)
    return _Looked(name, values, kind, scan_numbers(known, decimal=decimal, separator=separator))


def _with_decimal(
    looked: Sequence[_Looked], among: Collection[str], file: TableFile, separator: str
) -> list[_Looked]:
    """Return the columns with those read again whose decimal mark others tell."""
    told = {
        column.scan.decimal
        for column in looked
        if column.scan and column.scan.decimal and column.scan.share >= MOSTLY
    }
    decimal = file.decimal or (next(iter(told)) if len(told) == 1 else "")
    again = []
    for column in looked:
        scan = column.scan
        if scan is not None and decimal and not file.decimal and (scan.unclear or scan.guessed):
            known = column.values[~column.values.isin(list(among))].dropna()
            scan = scan_numbers(known, decimal=decimal, separator=separator)
            column = _Looked(column.name, column.values, column.kind, scan)
        if scan is not None and scan.unclear and scan.share >= MOSTLY:
            raise _unclear_number(column.name, scan.unclear)
        again.append(column)
    return again


def _unclear_number(name: str, cell: str) -> DataError:
    mark = "." if "." in cell else ","
    plain = re.sub(r"[^\d]", "", cell)
    other = "," if mark == "." else "."
    return DataError(
        f"It must be clear what the mark in the numbers of column {name!r} means.",
        received=f"{cell!r}, and nothing that tells whether it is {plain} or {cell.strip()}",
        fix=f"Pass decimal={other!r} (--decimal {other!r}) if it is {plain}, decimal={mark!r} if "
        f"the mark begins the decimals; or kinds={{{name!r}: 'category'}} if these are codes.",
    )


# ---- the kind of a column


def _column(column: _Looked, among: Collection[str], *, is_target: bool) -> Column:
    name, values, kind = column.name, column.values, column.kind
    if kind == "ignored":
        return Column(name, "ignored", "left out as asked")
    if kind in ("category", "text", "date", "number", *_ORDERS):
        return _forced(column, among)
    if values.notna().sum() == 0:
        return Column(name, "ignored", "no values: all missing")
    if kind == "categorical" or types.is_bool_dtype(values):
        counts = values.value_counts()
        return _category(name, values, counts, is_target=is_target, spelling=_spelling(values))
    if types.is_numeric_dtype(values):
        if are_compact_dates(values):
            return _date(name, values, "%Y%m%d", is_target=is_target)
        return _number(name, values, _form_of(values), is_target=is_target)
    if types.is_datetime64_any_dtype(values):
        return _date(name, values, ISO, is_target=is_target)
    return _from_text(column, among, is_target=is_target)


def _form_of(values: pd.Series[Any]) -> NumberForm:
    if types.is_integer_dtype(values) or types.is_bool_dtype(values):
        return NumberForm()
    known = values.dropna()
    return NumberForm(fractions=bool((known % 1 != 0).any()))


def _number(
    name: str,
    given: pd.Series[Any],
    form: NumberForm,
    *,
    is_target: bool,
    among: Collection[str] = (),
    evidence: str = "",
) -> Column:
    values = number_values(given, form, among)
    check_finite(name, values)
    low, high = values.min(), values.max()
    if not is_target and not evidence:
        if low == high and not values.isna().any():
            return _constant(name, amount(low))
        if _counts_up(name, values):
            return Column(name, "ignored", f"identifier: {len(values):,} different whole numbers")
    written = "" if form == NumberForm(fractions=form.fractions) else (
        f", written as {form.example}" if form.unit != "clock" else ", times of the day as hours"
    )
    wide, doubt = _precision(name, values)
    return Column(
        name,
        "number",
        described(evidence or f"{amount(low)} to {amount(high)}{written}", values),
        number_form=form,
        wide=wide,
        doubt=doubt,
    )


def _precision(name: str, values: pd.Series[Any]) -> tuple[bool, str]:
    """Return whether float32 makes different numbers equal, and what float64 still does."""
    different = pd.unique(values.dropna())
    exact = different.astype(np.float64)
    with np.errstate(over="ignore"):
        kept = len(np.unique(exact.astype(np.float32)))
    wide = kept < (1 - MERGED) * len(different) and bool(np.isfinite(exact).all())
    if wide and float(np.abs(exact).max()) > 3e38:
        wide = False
    held = len(np.unique(exact))
    if held >= len(different) or float(np.abs(exact).max()) < _EXACT:
        return wide, ""
    return wide, (
        f"{len(different) - held:,} of the {len(different):,} numbers of {name!r} equal another one "
        f"in float64: leave it out if it is a key (drop={name}), or pass kinds={name}=category"
    )


def _counts_up(name: str, values: pd.Series[Any]) -> bool:
    """Return whether these are row numbers, or different whole numbers with a key's name."""
    if not types.is_integer_dtype(values) or len(values) < LEAST_IDENTIFIERS:
        return False
    if values.isna().any() or not values.is_unique:
        return False
    consecutive = int(values.max()) - int(values.min()) + 1 == len(values)
    return consecutive or _KEY_NAME.search(name) is not None


def _date(
    name: str, values: pd.Series[Any], form: str, *, is_target: bool, evidence: str = ""
) -> Column:
    written = read_dates(values, form)
    check_zones(name, written)
    known = sorted({text for text in written.tolist() if text})
    if not known:
        raise DataError(f"Column {name!r} must hold dates.", received="none that can be read")
    low, high = known[0], known[-1]
    if low == high and not values.isna().any() and not is_target and not evidence:
        return _constant(name, low)
    shown = "" if form == ISO else f", written as {date_example(form)}"
    doubt = ""
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
        doubt=doubt,
    )


def _from_text(column: _Looked, among: Collection[str], *, is_target: bool) -> Column:
    name, values, scan = column.name, column.values, column.scan
    known = values[~values.isin(list(among))].dropna()
    if scan is not None and scan.share >= MOSTLY and are_codes(known):
        note = "; digits with leading zeros are codes"
        return _category(name, values, values.value_counts(), is_target=is_target, note=note)
    if scan is not None and scan.form is not None and scan.plain:
        if not are_keys(known):
            if len(known) >= 8 and known.str.len().eq(8).all():
                numbers = number_values(values, scan.form, among)
                if are_compact_dates(numbers):
                    return _date(
                        name, values.mask(values.isin(list(among))), "%Y%m%d", is_target=is_target
                    )
            return _number(name, values, scan.form, is_target=is_target, among=among)
    counts = values.value_counts()
    if are_booleans(counts):
        return _category(name, values, counts, is_target=is_target, spelling="boolean")
    if scan is not None and scan.form is not None and not scan.plain and scan.share >= MOSTLY:
        if scan.share < 1:
            raise _not_all_numbers(name, values, scan.form, among)
        return _number(name, values, scan.form, is_target=is_target, among=among)
    dates = scan_dates(counts)
    if dates.form and dates.bad and len(among):  # the usual marks of a missing date
        dates = scan_dates(known.value_counts())
        values = values.mask(values.isin(list(among)))
    _check_dates(name, values, dates.form, dates.unclear, dates.bad)
    if dates.form:
        return _date(name, values, dates.form, is_target=is_target)
    doubt = _doubt(name, counts, dates.like, scan)
    return _words(name, values, counts, is_target=is_target, doubt=doubt)


def _doubt(name: str, counts: pd.Series[int], dates: bool, scan: NumberScan | None) -> str:
    if dates:
        return (
            f"{name!r} looks like dates in no one form ({str(counts.index[0])!r}, …): write them as "
            f"year-month-day, or pass kinds={name}=category if they are none"
        )
    if scan is not None and scan.mixed:
        return (
            f"{name!r} looks like numbers with different units ({str(counts.index[0])!r}, …): write "
            f"them in one unit, or pass kinds={name}=category if they are none"
        )
    return ""


def _words(
    name: str, values: pd.Series[Any], counts: pd.Series[int], *, is_target: bool, doubt: str
) -> Column:
    texts = counts.index.astype(str).tolist()
    words = float(np.average([count_words(text) for text in texts], weights=counts.to_numpy()))
    different = len(counts) / int(counts.sum())
    if not is_target and len(counts) > 1 and not doubt:
        mostly = different >= TEXT_DISTINCT
        if words >= TEXT_WORDS and (mostly or len(counts) > TEXT_VALUES):
            share = f"{different:.0%}".replace("%", " %") if mostly else f"{len(counts):,}"
            evidence = f"{words:.0f} words on average, {share} different"
            return Column(name, "text", described(evidence, values))
    if not is_target and different == 1 and len(counts) >= LEAST_IDENTIFIERS:
        reason = f"identifier: all {len(counts):,} values are different"
        return Column(name, "ignored", reason, doubt=doubt)
    return _category(name, values, counts, is_target=is_target, doubt=doubt)


def _category(
    name: str,
    values: pd.Series[Any],
    counts: pd.Series[int],
    *,
    is_target: bool,
    spelling: Spelling = "as it stands",
    note: str = "",
    doubt: str = "",
) -> Column:
    if len(counts) == 1 and not values.isna().any() and not is_target:
        return _constant(name, str(counts.index[0]))
    evidence = described(f"{len(counts):,} {'value' if len(counts) == 1 else 'values'}", values)
    if len(counts) > MANY_CATEGORIES:
        evidence += f"; more than {MANY_CATEGORIES:,}, the rare ones will be joined"
    return Column(name, "category", evidence + note, spelling=spelling, doubt=doubt)


def _constant(name: str, value: str) -> Column:
    short = value if len(value) <= 40 else f"{value[:39]}…"
    return Column(name, "ignored", f"constant: always {short}")


# ---- a kind that the user says


def _forced(column: _Looked, among: Collection[str]) -> Column:
    name, values, kind = column.name, column.values, column.kind
    if kind == "number":
        return _forced_number(column, among)
    if kind in ("date", *_ORDERS):
        return _forced_date(name, values, kind, among)
    evidence = described(f"{values.nunique():,} values {ASKED}", values)
    if kind == "text":
        return Column(name, "text", evidence)
    return Column(name, "category", evidence, spelling=_spelling(values))


def _forced_number(column: _Looked, among: Collection[str]) -> Column:
    name, values, scan = column.name, column.values, column.scan
    if types.is_datetime64_any_dtype(values):
        raise DataError(f"Column {name!r} must hold numbers.", received="dates")
    if types.is_bool_dtype(values) or types.is_numeric_dtype(values):
        form = _form_of(values)
    else:
        form = scan.form if scan is not None and scan.form is not None else NumberForm()
        if scan is not None and scan.share < 1:
            raise _not_all_numbers(name, values, form, among, asked=True)
    return _number(name, values, form, is_target=True, among=among, evidence=ASKED)


def _forced_date(
    name: str, values: pd.Series[Any], kind: str, among: Collection[str]
) -> Column:
    form = ""
    if types.is_datetime64_any_dtype(values):
        form = ISO
    elif types.is_numeric_dtype(values) and not types.is_bool_dtype(values):
        form = "%Y%m%d" if are_compact_dates(values) else epoch_format(values)
    elif values.notna().any() and types.is_string_dtype(values):
        values = values.mask(values.isin(list(among)))
        scan = scan_numbers(values.dropna())
        if scan.plain and scan.form is not None:
            numbers = number_values(values, scan.form, among)
            form = "%Y%m%d" if are_compact_dates(numbers) else epoch_format(numbers)
        else:
            order = kind if kind in _ORDERS else ""
            dates = scan_dates(values.value_counts(), order)
            _check_dates(name, values, dates.form, dates.unclear, dates.bad)
            form = dates.form
    if not form:
        known = values.dropna()
        raise DataError(
            f"Column {name!r} must hold dates such as 2026-01-31 or 31.01.2026, as kinds asks.",
            received=f"{values.dtype} such as {known.iloc[0]!r}" if len(known) else "nothing",
            fix="Write them as year-month-day.",
        )
    return _date(name, values, form, is_target=True, evidence=ASKED)


def _spelling(values: pd.Series[Any]) -> Spelling:
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


# ---- what cannot be read


def _not_all_numbers(
    name: str,
    values: pd.Series[Any],
    form: NumberForm,
    among: Collection[str],
    *,
    asked: bool = False,
) -> DataError:
    numbers = number_values(values, form, among)
    known = values.notna() & ~values.isin(list(among))
    bad = (numbers.isna() & known).to_numpy()
    row = int(np.argmax(bad))
    first = str(values.iloc[row])
    rule = "must hold numbers, as kinds asks" if asked else (
        "must hold numbers only, as most of it does"
    )
    return DataError(
        f"Column {name!r} {rule}.",
        received=f"{cells(int(bad.sum()))} of {len(bad):,} with text, first {first!r} in row "
        f"{values.index[row]}",
        fix="Correct them; or if they are missing, read the table with "
        f"missing=[{first!r}, …]; or pass kinds={{{name!r}: 'category'}}.",
    )


def _check_dates(name: str, values: pd.Series[Any], form: str, unclear: str, bad: str) -> None:
    if unclear:
        raise DataError(
            f"It must be clear whether the dates of column {name!r} begin with the day.",
            received=f"{unclear!r}, and no date with a number above 12 that tells",
            fix=f"Pass kinds={{{name!r}: 'day-first'}} (--kinds {name}=day-first), 'month-first', or "
            "'category' if they are none.",
        )
    if not bad:
        return
    row = int(np.argmax((values == bad).to_numpy(dtype=bool, na_value=False)))
    raise DataError(
        f"Column {name!r} must hold dates only, as most of it does.",
        received=f"{bad!r} in row {values.index[row]} among dates such as {date_example(form)}",
        fix="Correct such cells; or if they are missing, read the table with "
        f"missing=[{bad!r}, …]; or pass kinds={{{name!r}: 'category'}}.",
    )
