"""Cells of text as numbers where they are numbers."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

STRING = pd.StringDtype("pyarrow", na_value=np.nan)
_KEY = r"^[+-]?\d{17,}$"
_COMMA = r"^[+-]?\d*,?\d+([eE][+-]?\d+)?$"
_GROUPED = r"^[+-]?([1-9]\d{0,2}(,\d{3})*|0)$"


def convert_cells(
    cells: pa.ChunkedArray,
    *,
    missing: Collection[str],
    missing_among_numbers: Collection[str],
    decimal_comma: bool,
    surely: bool,
) -> pd.Series[Any]:
    """Return a column as numbers if all its cells are, else as text.

    Whole numbers of more digits than a float64 holds are keys and stay text.

    Args:
        cells: Chunked Arrow array of text, `(rows,)`.
        missing: Cells that are missing in every column.
        missing_among_numbers: Cells that are missing where all others are numbers.
        decimal_comma: Whether `1,5` may be a number.
        surely: Whether `1,234` is less than two; where it may be a thousand, the column stays
            text unless another of its cells tells.

    Returns:
        int64, float64 with NaN where missing, or text with NaN where missing.
    """
    text = _without(pc.utf8_trim_whitespace(cells), missing)
    if text.null_count == len(text):
        return pd.Series(np.full(len(text), np.nan))
    numbers = _numbers(text)
    known = text
    if numbers is None and missing_among_numbers:
        known = _without(text, missing_among_numbers)
        if known.null_count < len(known):
            numbers = _numbers(known)
    if numbers is None and decimal_comma and _decimal(known, surely=surely):
        numbers = _numbers(pc.replace_substring(known, ",", "."))
    if numbers is None:
        return text.to_pandas(types_mapper={pa.string(): STRING}.get)  # type: ignore[no-any-return]  # pyarrow has no types
    values = numbers.to_pandas()
    return blank_numbers(values, missing)


def blank_numbers(values: pd.Series[Any], missing: Collection[str]) -> pd.Series[Any]:
    """Return numbers with NaN where they equal a missing marker: -999.0 where it is `"-999"`."""
    markers = pd.to_numeric(pd.Series(sorted(missing), dtype=object), errors="coerce").dropna()
    if not len(markers):
        return values
    found = values.isin(markers)
    return values.mask(found) if found.any() else values


def _without(text: pa.ChunkedArray, missing: Collection[str]) -> pa.ChunkedArray:
    found = pc.is_in(text, value_set=pa.array(sorted(missing), pa.string()))
    return pc.if_else(found, pa.scalar(None, pa.string()), text)


def _numbers(text: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """Return the text as int64 or float64, None if it is neither."""
    try:
        whole = text.cast(pa.int64())
    except pa.ArrowInvalid:
        pass
    else:
        # Arrow reads 0x1f as a number too.
        if pc.any(pc.match_substring(text, "x", ignore_case=True)).as_py():
            return None
        return whole if not whole.null_count else whole.cast(pa.float64(), safe=False)
    try:
        values = text.cast(pa.float64())
    except pa.ArrowInvalid:
        return None
    return None if pc.any(pc.match_substring_regex(text, _KEY)).as_py() else values


def _decimal(text: pa.ChunkedArray, *, surely: bool) -> bool:
    return _all(text, _COMMA) and (surely or not _all(text, _GROUPED))


def _all(text: pa.ChunkedArray, pattern: str) -> bool:
    return bool(pc.all(pc.match_substring_regex(text, pattern)).as_py())
