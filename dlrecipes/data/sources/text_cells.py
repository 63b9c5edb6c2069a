"""Categories and texts in cells: one text for each value, whatever program wrote it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlrecipes.data.sources.date_cell import ISO
from dlrecipes.data.sources.dates import read_dates
from dlrecipes.results import Column

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
