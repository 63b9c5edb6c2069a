"""What the columns of a table are, and how each cell of them is read."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from dlrecipes.data.option_text import as_option
from dlrecipes.data.sources.date_cell import ISO
from dlrecipes.data.sources.dates import DateScan, are_compact_dates, scan_dates
from dlrecipes.data.sources.make_column import (
    KINDS,
    LEAST_IDENTIFIERS,
    ORDERS,
    Column,
    category_column,
    check_dates,
    date_column,
    forced_column,
    form_of,
    not_all_numbers,
    number_column,
    spelling_of,
)
from dlrecipes.data.sources.number_cells import (
    NumberScan,
    are_codes,
    are_keys,
    are_whole,
    scan_numbers,
)
from dlrecipes.data.sources.plain_values import described, missing_markers, plain_values
from dlrecipes.data.sources.scan_cells import scan_list, scan_parts
from dlrecipes.data.sources.scan_dna import scan_dna
from dlrecipes.data.sources.typed_table import are_booleans, number_values
from dlrecipes.data.texts.scripts import count_words
from dlrecipes.errors import DataError
from dlrecipes.results import TableFile, plural
from dlrecipes.results.column import IDENTIFIER, NumberForm

MOSTLY, HALF = 0.9, 0.5
FEW_LABELS = 20
TEXT_WORDS = 3.0
TEXT_DISTINCT = 0.5
TEXT_VALUES = 1_000


@dataclass(frozen=True, eq=False)
class _Looked:
    """A column with what was seen of it: its values, and of text what its numbers say."""

    name: str
    values: pd.Series[Any]
    kind: str
    scan: NumberScan | None = None


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
    are codes, hence categories. Several facts in a cell are taken apart: parts such as `F/3`, at
    least one of them a number, and lists of items that come again in other company. Sequences of
    A, C, G and T are DNA. Text is a date
    if all of it are dates in one format, text if it has three words on average and most of it
    differs or there are more than 1,000 different ones, else a category. Row numbers, keys,
    constants and columns without any value are ignored.

    Args:
        frame: The table: text as a file has it, or typed values.
        kinds: Kinds that the user knows better, by column: `"number"`, `"category"`, `"date"`,
            `"text"`, `"list"`, `"parts"`, `"dna"` or `"ignored"`; `"day-first"` or `"month-first"`
            for dates such as 05/06/2024.
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
        _look(
            str(name), frame[name], kinds.get(str(name), ""), among, file.decimal or "", separator
        )
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
            forms[column.name] = form_of(values)
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
            received=f"{plural(len(frame), 'row')} and {plural(len(frame.columns), 'column')}",
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
        if kind not in (*KINDS, *ORDERS):
            raise DataError(
                f"A kind must be one of {', '.join(map(repr, (*KINDS, *ORDERS)))}.",
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
    asked = kind == "number"
    scan = scan_numbers(known, decimal=decimal, separator=separator, asked=asked)
    return _Looked(name, values, kind, scan)


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
        scan = before = column.scan
        if scan is not None and decimal and not file.decimal and (scan.unclear or scan.guessed):
            known = column.values[~column.values.isin(list(among))].dropna()
            asked = column.kind == "number"
            scan = scan_numbers(known, decimal=decimal, separator=separator, asked=asked)
            column = _Looked(column.name, column.values, column.kind, scan)
        if scan is not None and scan.unclear and scan.share >= MOSTLY:
            raise _unclear_number(column.name, scan.unclear)
        if before is not None and scan is not None and _contradicts(before, scan):
            raise _unclear_number(column.name, before.example)
        again.append(column)
    return again


def _contradicts(guessed: NumberScan, told: NumberScan) -> bool:
    """Return whether another column says otherwise than the separator suggests."""
    if not guessed.guessed or guessed.form is None or told.form is None:
        return False
    return guessed.form.decimal != told.form.decimal


def _unclear_number(name: str, cell: str) -> DataError:
    mark = "." if "." in cell else ","
    plain = re.sub(r"[^\d]", "", cell)
    other = "," if mark == "." else "."
    return DataError(
        f"It must be clear what the mark in the numbers of column {name!r} means.",
        received=f"{cell!r}, and nothing that tells whether it is {plain} or {cell.strip()}",
        fix=f"Pass decimal={other!r} (--decimal {other}) if it is {plain}, decimal={mark!r} if the "
        f"mark begins the decimals; or kinds={{{name!r}: 'category'}} "
        f"({as_option('kinds', f'{name}=category')}) if these are codes.",
    )


# ---- the kind of a column


def _column(column: _Looked, among: Collection[str], *, is_target: bool) -> Column:
    name, values, kind = column.name, column.values, column.kind
    if kind == "ignored":
        return Column(name, "ignored", "left out as asked")
    if kind in (*KINDS, *ORDERS):
        return forced_column(name, values, kind, among, column.scan)
    if values.notna().sum() == 0:
        return Column(name, "ignored", "no values: all missing")
    if kind == "categorical" or types.is_bool_dtype(values):
        counts = values.value_counts()
        return category_column(
            name, values, counts, is_target=is_target, spelling=spelling_of(values)
        )
    if types.is_numeric_dtype(values):
        if are_compact_dates(values):
            return date_column(name, values, "%Y%m%d", is_target=is_target)
        return number_column(name, values, form_of(values), is_target=is_target)
    if types.is_datetime64_any_dtype(values):
        return date_column(name, values, ISO, is_target=is_target)
    return _from_text(column, among, is_target=is_target)


def _from_text(column: _Looked, among: Collection[str], *, is_target: bool) -> Column:
    name, values, scan = column.name, column.values, column.scan
    known = values[~values.isin(list(among))].dropna()
    numeric = scan is not None and scan.form is not None and scan.share >= MOSTLY
    if numeric and are_codes(known):
        blank_days = _days_but_for(known)
        if blank_days:
            check_dates(name, values, DateScan("%Y%m%d", bad=blank_days))
        note = "; digits with leading zeros are codes"
        return category_column(name, values, values.value_counts(), is_target=is_target, note=note)
    if scan is not None and scan.form is not None and numeric and not are_keys(known):
        if scan.share < 1 and is_target and known.nunique() <= FEW_LABELS:
            return category_column(name, values, values.value_counts(), is_target=True)
        if scan.share < 1:
            raise not_all_numbers(name, values, scan.form, among)
        blank = values.mask(values.isin(list(among)))
        if _are_days(known, scan.form, among):
            return date_column(name, blank, "%Y%m%d", is_target=is_target)
        return number_column(name, values, scan.form, is_target=is_target, among=among)
    counts = values.value_counts()
    if are_booleans(counts):
        return category_column(name, values, counts, is_target=is_target, spelling="boolean")
    dates = scan_dates(known.value_counts() if len(known) else counts)
    check_dates(name, values, dates)
    if dates.form:  # the usual marks of a missing number stand for a missing date, too
        blank = values.mask(values.isin(list(among)))
        return date_column(name, blank, dates.form, is_target=is_target)
    doubt = "" if are_codes(known) else _doubt(name, counts, dates.like, scan)
    return _words(name, values, counts, is_target=is_target, doubt=doubt)


def _days_but_for(known: pd.Series[Any]) -> str:
    """Return what stands among days such as 20240531 where there is none, such as 00000000."""
    odd = known[known.isin(["00000000", "99999999"])]
    rest = known[~known.isin(["00000000", "99999999"])]
    if not len(odd) or not rest.str.len().eq(8).all() or not are_whole(rest):
        return ""
    return str(odd.iloc[0]) if are_compact_dates(rest.astype("str").astype("float64")) else ""


def _are_days(known: pd.Series[Any], form: NumberForm, among: Collection[str]) -> bool:
    """Return whether text of eight digits a cell holds days, such as 20240531."""
    eight = bool(known.str.len().isin([8, 10]).all())  # 20240531.0 beside a missing one
    return eight and are_compact_dates(number_values(known, form, among))


def _doubt(name: str, counts: pd.Series[int], dates: bool, scan: NumberScan | None) -> str:
    if dates:
        return (
            f"{name!r} looks like dates in no one form ({str(counts.index[0])!r}, …): write them "
            f"as year-month-day, or pass {as_option('kinds', f'{name}=category')} if they are none"
        )
    if scan is not None and scan.mixed:
        return (
            f"{name!r} looks like numbers with different units ({str(counts.index[0])!r}, …): "
            f"write them in one unit, or pass {as_option('kinds', f'{name}=category')} if they are "
            "none"
        )
    if scan is not None and scan.other and scan.share >= HALF:
        return (
            f"most of {name!r} are numbers, but not {scan.other!r}: write them alike, or as "
            f"missing ({as_option('missing', f'+{scan.other}')}); or pass "
            f"{as_option('kinds', f'{name}=category')} if they are none"
        )
    return ""


def _words(
    name: str, values: pd.Series[Any], counts: pd.Series[int], *, is_target: bool, doubt: str
) -> Column:
    several = None
    if not is_target:
        scans = (scan(name, values) for scan in (scan_parts, scan_list, scan_dna))
        several = next((found for found in scans if found is not None), None)
    if several is not None:
        return several
    texts = counts.index.astype(str).tolist()
    words = float(np.average(count_words(texts), weights=np.asarray(counts)))
    different = len(counts) / int(counts.sum())
    if not is_target and len(counts) > 1 and not doubt:
        mostly = different >= TEXT_DISTINCT
        if words >= TEXT_WORDS and (mostly or len(counts) > TEXT_VALUES):
            share = f"{different:.0%}".replace("%", " %") if mostly else f"{len(counts):,}"
            evidence = f"{words:.0f} words on average, {share} different"
            return Column(name, "text", described(evidence, values))
    if not is_target and different == 1 and len(counts) >= LEAST_IDENTIFIERS:
        reason = f"{IDENTIFIER}: all {len(counts):,} values are different"
        return Column(name, "ignored", reason, doubt=doubt)
    return category_column(name, values, counts, is_target=is_target, doubt=doubt)
