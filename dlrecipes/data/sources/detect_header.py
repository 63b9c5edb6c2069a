"""Whether the first row of a file names the columns."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from dlrecipes.errors import DataError

ROWS_LOOKED_AT = 1000
MOSTLY = 0.9
LONG_NAME = 50
MANY_WORDS = 5
MANY_NUMBERS = 5
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")
_DATE = re.compile(r"\d{4}[-/]\d\d?([-/]\d\d?)?([T ]\d.*)?|\d\d?[/.-]\d\d?[/.-]\d{4}([T ]\d.*)?")


def detect_header(rows: Sequence[Sequence[str]], *, missing: Collection[str]) -> bool:
    """Return whether the first row names the columns.

    It does if it is text where the column holds numbers or dates; it does not if it is a number
    or a date there. Where all columns are text, names are different, short, not empty and not
    among the values of their columns. `0,1,2,3,4…` are names.

    Args:
        rows: First rows of the file, at least one, all with the same number of cells.
        missing: Cells that stand for a missing value.

    Raises:
        DataError: If one column says yes and another says no.
    """
    told = header_from_types(rows, missing=missing)
    if told is not None:
        return told
    names, columns = _names_and_columns(rows, missing)
    # A table that was written with its row numbers has no name above them.
    given = names[1:] if len(names) > 1 and not names[0] else names
    if len(set(given)) < len(given):
        return False
    if any(name in missing or _typed(name) for name in given):
        return False
    if any(len(name) > LONG_NAME or len(name.split()) > MANY_WORDS for name in given):
        return False
    return not any(name in values for name, values in zip(names, columns, strict=False))


def header_from_types(rows: Sequence[Sequence[str]], *, missing: Collection[str]) -> bool | None:
    """Return whether numbers and dates say that the first row names the columns.

    Args:
        rows: As in `detect_header`.
        missing: As in `detect_header`.

    Returns:
        None if no column holds numbers or dates.

    Raises:
        DataError: If one column says yes and another says no.
    """
    names, columns = _names_and_columns(rows, missing)
    if _count_up(names):
        return True
    named: list[str] = []
    valued: list[str] = []
    for name, values in zip(names, columns, strict=False):
        if not values or sum(map(_typed, values)) < MOSTLY * len(values):
            continue
        if _typed(name):
            valued.append(name)
        elif name not in missing:
            named.append(name)
    if named and valued:
        raise DataError(
            "It must be clear whether the first row names the columns.",
            received=f"{named[0]!r} and {valued[0]!r} above columns of numbers or dates",
            fix="Pass header=True or header=False (--header yes or no).",
        )
    return bool(named) if named or valued else None


def _names_and_columns(
    rows: Sequence[Sequence[str]], missing: Collection[str]
) -> tuple[list[str], list[list[str]]]:
    """Return the first row's cells and what is not missing below them; no column for one row."""
    columns = [
        [value for cell in cells if (value := cell.strip()) not in missing]
        for cells in zip(*rows[1 : ROWS_LOOKED_AT + 1], strict=True)
    ]
    return [cell.strip() for cell in rows[0]], columns


def _count_up(names: Sequence[str]) -> bool:
    given = names[1:] if names[0] == "" else names
    return len(given) >= MANY_NUMBERS and all(name == str(i) for i, name in enumerate(given))


def is_number(cell: str) -> bool:
    """Return whether a cell is a plain number."""
    return bool(_NUMBER.fullmatch(cell))


def _typed(cell: str) -> bool:
    return is_number(cell) or bool(_DATE.fullmatch(cell))
