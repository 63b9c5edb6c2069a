"""Rows of cells out of lines of text."""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from dlrecipes.errors import DataError
from dlrecipes.results import plural

ROWS_AT_ONCE = 20_000
SPACES = " "
_NAMES = {SPACES: "space", "\t": "tab", ";": "semicolon", "|": "bar", ",": "comma"}
_NO_QUOTES = "If quotes are ordinary characters in this file: quoting=False (--quoting no)."


@contextmanager
def cells_of_any_length() -> Iterator[None]:
    """Let Python's reader take cells of more than its 131,072 characters."""
    before = csv.field_size_limit(sys.maxsize)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def read_rows(
    lines: Iterable[str], *, separator: str, quoting: bool, skipped: int = 0
) -> Iterator[list[list[str]]]:
    """Yield the rows in lists of at most 20,000, blank lines left out.

    Every row must have as many cells as the first; an empty one behind them, as some programs
    write it, is left out.

    Args:
        lines: Lines with their ends.
        separator: One character; a space for runs of spaces and tabs.
        quoting: Whether quotes hold a cell together.
        skipped: Lines of the file above these, for messages.

    Raises:
        DataError: If a row has more or fewer cells, if a quote is not closed where its cell ends,
            or if a line has a zero byte.
    """
    with cells_of_any_length():
        yield from _rows(lines, separator, quoting, skipped)


def cells_of(line: str, separator: str) -> list[str]:
    """Return the cells of one line."""
    return next(_reader([line], separator, quoting=True), [])


def _reader(lines: Iterable[str], separator: str, *, quoting: bool) -> Any:  # noqa: ANN401  (csv's reader has no public type)
    if separator == SPACES:
        lines = (line.replace("\t", " ").strip() for line in lines)
    return csv.reader(
        _tidied(lines, separator) if quoting else lines,
        delimiter=separator,
        quoting=csv.QUOTE_MINIMAL if quoting else csv.QUOTE_NONE,
        skipinitialspace=True,
        strict=True,
    )


def _rows(
    lines: Iterable[str], separator: str, quoting: bool, skipped: int
) -> Iterator[list[list[str]]]:
    reader = _reader(_without_zeros(lines, skipped), separator, quoting=quoting)
    width: int | None = None
    rows: list[list[str]] = []
    line = 0
    try:
        for row in reader:
            if width is None and not _blank(row):
                width = len(row)
            if width is not None and len(row) == width + 1 and not row[-1].strip():
                row.pop()
            if len(row) != width:
                if _blank(row):
                    line = reader.line_num
                    continue
                raise _ragged(skipped + line + 1, row, width or 0, quoting=quoting)
            if reader.line_num - line > 1 and _swallowed(row, separator):
                raise DataError(
                    "A quoted cell must end on its own row.",
                    received=f"a cell from line {skipped + line + 1} to line "
                    f"{skipped + reader.line_num} that holds "
                    f"the {_NAMES.get(separator, 'separator')}s of whole rows",
                    fix=_NO_QUOTES,
                )
            line = reader.line_num
            rows.append(row)
            if len(rows) == ROWS_AT_ONCE:
                yield rows
                rows = []
    except csv.Error as error:
        raise _misquoted(skipped + line + 1, str(error)) from error
    if rows:
        yield rows


def _without_zeros(lines: Iterable[str], skipped: int) -> Iterator[str]:
    for number, line in enumerate(lines, skipped + 1):
        if "\0" in line:
            raise DataError(
                "A table must be a text file or a Parquet file.",
                received=f"a zero byte in line {number}",
                fix="Take it out, or save the table as CSV from the program that wrote it.",
            )
        yield line


def _tidied(lines: Iterable[str], separator: str) -> Iterator[str]:
    """Yield the lines without spaces between a closing quote and the separator."""
    spaces = re.compile(rf'(?<!")" +(?=[{re.escape(separator)}\r\n]|$)')
    for line in lines:
        yield spaces.sub('"', line) if '" ' in line else line


def _blank(row: list[str]) -> bool:
    return not row or (len(row) == 1 and not row[0].strip())


def _ragged(line: int, row: list[str], width: int, *, quoting: bool) -> DataError:
    found = len(row)
    if row[0].startswith("#"):
        fix = "If it is a comment, remove it: comments are passed over above the table only."
    elif found > width:
        fix = "A cell that holds the separator must stand in quotes."
        if not quoting:
            fix = "Quotes are ordinary characters here: quoting=True lets them hold a cell."
    else:
        fix = "Fill in the cells that are missing, or remove that line."
    return DataError(
        "Every row must have the same number of cells.",
        received=f"{plural(found, 'cell')} in line {line}, {width} expected",
        fix=fix,
    )


def _misquoted(line: int, error: str) -> DataError:
    what = "none up to the end" if "end of data" in error else "text right behind one"
    return DataError(
        "A cell that begins with a quote must end with a quote.",
        received=f"{what} in the row from line {line}",
        fix=_NO_QUOTES,
    )


def _swallowed(row: list[str], separator: str) -> bool:
    """Return whether a cell of several lines seems to be whole rows between two stray quotes.

    Each of its lines then has the separators of a row. Commas in a few lines of text may be as
    many by chance, tabs are not.
    """
    least = 1 if separator == "\t" else 3
    for index, cell in enumerate(row):
        pieces = cell.splitlines()
        if len(pieces) <= least:
            continue
        counts = [piece.count(separator) for piece in pieces]
        behind = len(row) - 1 - index
        if len(row) == 1 or (counts[0], counts[-1]) != (behind, index):
            continue
        if all(count == len(row) - 1 for count in counts[1:-1]):
            return True
    return False
