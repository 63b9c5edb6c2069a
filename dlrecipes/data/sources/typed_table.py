"""A file's cells as what the training table's columns are, one text for each category."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api import types

from dlrecipes.data.sources.date_cell import ISO
from dlrecipes.data.sources.dates import date_example, of_one_place, offset_of, read_dates
from dlrecipes.data.sources.number_cells import are_whole, read_numbers
from dlrecipes.data.sources.plain_values import missing_markers, numeric_blanks
from dlrecipes.data.sources.scan_cells import BLANK, parts_pattern
from dlrecipes.data.sources.scan_dna import DNA
from dlrecipes.errors import DataError
from dlrecipes.results import Column, TableFile, plural
from dlrecipes.results.column import NumberForm

_MAY_BE_A_THOUSAND = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")


def typed_table(
    frame: pd.DataFrame,
    columns: Sequence[Column],
    *,
    file: TableFile | None = None,
    part: str = "",
) -> pd.DataFrame:
    """Return the columns with each cell read by its column's rule, and by nothing else.

    What a column is was decided by the training table (`infer_columns`). So a cell means the same
    in every file and beside any other cells.

    Args:
        frame: Text as a file has it, or typed values; other columns may be in it.
        columns: What the columns are; those of kind `"ignored"` stay as they are.
        file: How the training table's file was read; None for the usual.
        part: What the table is, for messages, such as `"test"`; empty for a file of its own.

    Returns:
        Numbers as int64 or float64 (NaN where missing), all else as text (NaN where missing);
        dates as `2024-05-31 17:30`, with seconds and an offset where they have some.

    Raises:
        DataError: If a column is missing, or a cell cannot be read as training's were; the message
            names the column, the cell and the row.
    """
    lacking = [column.name for column in columns if column.name not in frame]
    if lacking:
        raise DataError(
            "A table must have all columns that the model was trained on.",
            received=f"none named {', '.join(map(repr, lacking))}; there are "
            f"{', '.join(map(repr, frame.columns))}",
        )
    missing = (file or TableFile()).missing
    where = f" of the {part} table" if part else ""
    typed = {column.name: _typed(frame[column.name], column, missing, where) for column in columns}
    return pd.DataFrame(typed, index=frame.index)


def number_values(
    values: pd.Series[Any], form: NumberForm, among_numbers: Collection[str]
) -> pd.Series[Any]:
    """Return cells as int64 where all are whole and known, else as float64 with NaN.

    Args:
        values: Text, numbers or booleans, `(rows,)`.
        form: How text is written.
        among_numbers: Texts that stand for a missing value.
    """
    if types.is_bool_dtype(values):
        return values.astype("Int64").astype("float64")
    if types.is_numeric_dtype(values):
        whole = types.is_signed_integer_dtype(values) and not values.isna().any()
        return values.astype("int64" if whole else "float64")
    known = values.mask(values.isin(list(among_numbers)))
    if not known.isna().any() and not form.unit and are_whole(known):
        try:
            return known.astype("str").astype("int64")
        except OverflowError:
            pass
    return pd.Series(read_numbers(known, form), index=values.index, name=values.name)


def _typed(
    values: pd.Series[Any], column: Column, missing: Sequence[str] | None, where: str
) -> pd.Series[Any]:
    if column.kind == "ignored":
        return values
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(values.cat.categories.dtype)
    if column.kind == "number":
        return _numbers(values, column, missing, where)
    if column.kind == "date":
        among = list(missing_markers(missing)[1])
        return _dates(values.mask(values.isin(among)), column, where)
    texts = pd.Series(read_texts(values, column), index=values.index, dtype="str")
    if column.kind == "parts":
        fits = texts.str.fullmatch(parts_pattern(column)) | texts.isin(list(BLANK))
        said = " and ".join(f"a {part.kind}" for part in column.parts)
        _check(
            values,
            ~fits.fillna(True).astype(bool),
            column,
            f"{said} with {column.separator!r} between",
            where,
        )
    if column.kind == "dna":
        wrong = ~texts.str.fullmatch(DNA).fillna(True).astype(bool)
        _check(values, wrong, column, "DNA: A, C, G, T and the codes of IUPAC", where)
    if column.spelling == "boolean":
        _check(values, texts.isna(), column, "true or false", where)
    return texts


def _numbers(
    values: pd.Series[Any], column: Column, missing: Sequence[str] | None, where: str
) -> pd.Series[Any]:
    among_numbers = missing_markers(missing)[1]
    form = column.number_form or NumberForm()
    what = (
        "numbers"
        if form == NumberForm(fractions=form.fractions)
        else (f"numbers such as {form.example!r}")
    )
    is_boolean = types.is_bool_dtype(values) and column.spelling != "boolean"
    if types.is_datetime64_any_dtype(values) or is_boolean:
        _check(values, values.notna(), column, what, where)
    numbers = number_values(values, form, among_numbers)
    if not types.is_numeric_dtype(values):
        known = values.notna() & ~values.isin(list(among_numbers))
        _check(values, numbers.isna() & known, column, what, where)
    return numeric_blanks(numbers, missing)


def _dates(values: pd.Series[Any], column: Column, where: str) -> pd.Series[Any]:
    written = pd.Series(read_dates(values, column.date_format), index=values.index, dtype=object)
    example = "" if column.date_format in ("", ISO) else f"{date_example(column.date_format)}, or "
    _check(values, written == "", column, f"dates such as {example}2024-05-31 17:30", where)
    if column.offsets:
        what = f"dates with the offset {' or '.join(column.offsets)}, or an hour beside it"
    else:
        what = "dates without a time zone"
    strange = {
        text
        for text in set(written.dropna())
        if not (
            of_one_place([*column.offsets, offset_of(text)])
            if column.offsets
            else not (offset_of(text))
        )
    }
    _check(values, written.isin(list(strange)), column, what, where)
    return written.astype("str").where(written.notna())


def _check(
    values: pd.Series[Any],
    bad: pd.Series[bool] | NDArray[np.bool_],
    column: Column,
    what: str,
    where: str,
) -> None:
    found = np.asarray(bad, dtype=bool) & values.notna().to_numpy()
    if not found.any():
        return
    row = int(np.argmax(found))
    shown = str(values.iloc[row])
    shown = shown if len(shown) <= 60 else f"{shown[:59]}…"
    raise DataError(
        f"Column {column.name!r} must hold {what}, as in the training part.",
        received=f"{plural(int(found.sum()), 'cell')} of {len(found):,} that hold something else, "
        f"first {shown!r} in row {values.index[row]}{where}",
        fix=_fix(shown),
    )


def _fix(cell: str) -> str:
    if _MAY_BE_A_THOUSAND.fullmatch(cell):
        return (
            f"{cell!r} may be a thousand: write {cell}0 if it is none; or say so where you train, "
            f"decimal={cell[-4]!r} (--decimal {cell[-4]})."
        )
    return "Write it as the training table has it, or leave the cell empty if it is missing."


TRUE, FALSE = "True", "False"
"""How booleans are spelled in a model's inputs."""
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_WHOLE = re.compile(r"[+-]?\d+")
_PAIRS = (
    ("true", "false"),
    ("t", "f"),
    ("wahr", "falsch"),
    ("vrai", "faux"),
    ("verdadero", "falso"),
    ("vero", "falso"),
)
BOOLEANS = {
    **{yes: TRUE for yes, _ in _PAIRS},
    **{no: FALSE for _, no in _PAIRS},
    **{"1": TRUE, "1.0": TRUE, "0": FALSE, "0.0": FALSE},
}


def are_booleans(counts: pd.Series[int]) -> bool:
    """Return whether these texts are true and false, as one program or another spells them.

    Args:
        counts: How often each different text occurs, indexed by the text; missing ones left out.
    """
    if len(counts) > 4:
        return False
    plain = {str(text).casefold() for text in counts.index}
    if plain == {"t"} or plain == {"f"}:  # a letter alone may be anything
        return False
    return any(plain <= set(pair) for pair in _PAIRS)


def read_texts(values: pd.Series[Any], column: Column) -> NDArray[Any]:
    """Return the text of each cell, in Unicode's composed form (NFC).

    Args:
        values: Cells of any type, `(rows,)`.
        column: A category or a text.

    Returns:
        `(rows,)` text; None where a value is missing, or is no boolean in a column of booleans.
    """
    if pd.api.types.is_datetime64_any_dtype(values):
        # A day is a day: 2024-05-31, as text has it.
        days = [text and text.removesuffix(" 00:00") for text in read_dates(values, ISO).tolist()]
        return np.array(days, dtype=object)
    codes, different = pd.factorize(values)
    write = _WRITERS[column.spelling]
    texts = [write(value) for value in different.tolist()]
    return np.array([*texts, None], dtype=object)[codes]


def _as_boolean(value: object) -> str | None:
    return BOOLEANS.get(str(value).strip().casefold())


def _as_number(value: object) -> str:
    """Return 3.0 as 3; what is no number stays as it stands."""
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        return _as_text(value)
    if _WHOLE.fullmatch(value):  # exact, however many digits
        return value.lstrip("+")
    return _as_text(float(value))


def _as_text(value: object) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e16:
        return str(int(value))
    text = str(value)
    return text if text.isascii() else unicodedata.normalize("NFC", text)


_WRITERS: dict[str, Callable[[Any], str | None]] = {
    "as it stands": _as_text,
    "boolean": _as_boolean,
    "number": _as_number,
}
