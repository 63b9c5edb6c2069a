"""Columns of DNA: which cells are sequences, and what each of their letters stands for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from dlrecipes.data.option_text import as_option
from dlrecipes.data.sources.plain_values import described
from dlrecipes.data.sources.scan_cells import BLANK
from dlrecipes.errors import DataError
from dlrecipes.results import Column

BASES = "ACGT"
CODES = {
    **dict(zip(BASES, BASES, strict=True)),
    "U": "T",  # as RNA is written
    **{"R": "AG", "Y": "CT", "S": "CG", "W": "AT", "K": "GT", "M": "AC"},
    **{"B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG", "N": "ACGT", "-": "", ".": ""},
}
"""The bases that each letter may stand for; a gap is none of them."""
DNA = rf"(?i)[{re.escape(''.join(CODES))}\s]*"
"""The regular expression, for Python and RE2, of a sequence, also in blocks."""

LEAST_ROWS, LEAST_SEQUENCES = 20, 10
LEAST_LETTERS = 8
"""Letters that half of the cells must have: shorter ones may be codes."""
MOSTLY = 0.9
_SPACE = re.compile(r"\s+")


def scan_dna(name: str, values: pd.Series[Any]) -> Column | None:
    """Return a column of DNA, or None if it is none.

    It has at least 20 cells, 10 different ones, half of them of 8 letters or more; of the letters
    nine tenths are A, C, G and T (or U), at least three of these occur, and all else are codes of
    IUPAC such as N or gaps, in capitals or not.

    Args:
        name: The column's name.
        values: Text, `(rows,)`.

    Raises:
        DataError: If a few cells have another letter among many that have none.

    Example:
        >>> import pandas as pd
        >>> from dlrecipes.data.sources.scan_dna import scan_dna
        >>> letters = np.random.default_rng(0).choice(list("ACGT"), (30, 12))
        >>> scan_dna("site", pd.Series(["".join(row) for row in letters])).evidence
        'DNA, 12 letters each'
    """
    cells = _cells(values)
    if len(cells) < LEAST_ROWS or cells.nunique() < LEAST_SEQUENCES:
        return None
    fits = cells.str.fullmatch(DNA)
    if float(fits.mean()) < MOSTLY:
        return None
    read = [letters_of(cell) for cell in cells[fits]]
    whole = "".join(read).replace("U", "T").replace("-", "").replace(".", "")
    bases = sum(whole.count(base) for base in BASES)
    several = sum(base in whole for base in BASES) >= len(BASES) - 1
    if np.median([len(text) for text in read]) < LEAST_LETTERS or not several:
        return None
    if bases < MOSTLY * len(whole):
        return None
    if not fits.all():
        raise _other_letter(name, cells[~fits], "as most of it does")
    return _column(name, values, read)


def forced_dna(name: str, values: pd.Series[Any]) -> Column:
    """Return a column as one of DNA, as the user says.

    Args:
        name: The column's name.
        values: Its cells, `(rows,)`.

    Raises:
        DataError: If a cell has another letter, or none has any.
    """
    cells = _cells(values)
    wrong = cells[~cells.str.fullmatch(DNA)]
    if len(wrong):
        raise _other_letter(name, wrong, "as kinds asks")
    if not len(cells):
        raise DataError(f"Column {name!r} must hold DNA, as kinds asks.", received="nothing")
    return _column(name, values, [letters_of(cell) for cell in cells])


def letters_of(cell: str) -> str:
    """Return a sequence in capitals and without blanks.

    Args:
        cell: A cell of a column of DNA.
    """
    return _SPACE.sub("", cell).upper()


def _cells(values: pd.Series[Any]) -> pd.Series[Any]:
    known = values.dropna().astype("str")
    return known[~known.str.strip().isin(list(BLANK))]


def _column(name: str, values: pd.Series[Any], read: Sequence[str]) -> Column:
    low, high = min(map(len, read)), max(map(len, read))
    said = f"{high:,} letters each" if low == high else f"{low:,} to {high:,} letters"
    return Column(name, "dna", described(f"DNA, {said}", values))


def _other_letter(name: str, cells: pd.Series[Any], why: str) -> DataError:
    cell = str(cells.iloc[0])
    shown = cell if len(cell) <= 30 else f"{cell[:29]}…"
    other = next(letter for letter in letters_of(cell) if letter not in CODES)
    return DataError(
        f"Column {name!r} must hold DNA only, {why}: A, C, G, T and the codes of IUPAC.",
        received=f"{other!r} in {shown!r}, row {cells.index[0]}",
        fix="Correct such cells, write N for an unknown letter; or pass "
        f"kinds={{{name!r}: 'category'}} ({as_option('kinds', f'{name}=category')}).",
    )
