"""Rows of cells out of lines of text."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator

from dlrecipes.errors import DataError

ROWS_AT_ONCE = 20_000
_NAMES = {"\t": "tab", ";": "semicolon", "|": "bar", ",": "comma"}
_NO_QUOTES = "If quotes are ordinary characters in this file: quoting=False (--quoting no)."


def read_rows(
    lines: Iterable[str], *, separator: str, quoting: bool, width: int | None = None
) -> Iterator[list[list[str]]]:
    """Yield the rows in lists of at most 20,000, blank lines left out.

    Args:
        lines: Lines with their ends.
        separator: One character.
        quoting: Whether quotes hold a cell together.
        width: Cells that every row must have; None for those of the first row.

    Raises:
        DataError: If a row has more or fewer cells, or if a quote is not closed where its cell
            ends.
    """
    reader = csv.reader(
        _tidied(lines, separator) if quoting else lines,
        delimiter=separator,
        quoting=csv.QUOTE_MINIMAL if quoting else csv.QUOTE_NONE,
        skipinitialspace=separator != " ",
        strict=True,
    )
    rows: list[list[str]] = []
    line = 0
    try:
        for row in reader:
            if width is None and not _blank(row):
                width = len(row)
            if len(row) != width:
                if _blank(row):
                    line = reader.line_num
                    continue
                raise _ragged(line + 1, len(row), width or 0, quoting=quoting)
            if reader.line_num - line > 1 and _swallowed(row, separator):
                raise DataError(
                    "A quoted cell must end on its own row.",
                    received=f"a cell from line {line + 1} to line {reader.line_num} that holds "
                    f"the {_NAMES.get(separator, 'separator')}s of whole rows",
                    fix=_NO_QUOTES,
                )
            line = reader.line_num
            rows.append(row)
            if len(rows) == ROWS_AT_ONCE:
                yield rows
                rows = []
    except csv.Error as error:
        raise _misquoted(line + 1, str(error)) from error
    if rows:
        yield rows


def _tidied(lines: Iterable[str], separator: str) -> Iterator[str]:
    """Yield the lines without spaces between a closing quote and the separator."""
    spaces = re.compile(rf'(?<!")" +(?=[{re.escape(separator)}\r\n]|$)')
    for line in lines:
        yield spaces.sub('"', line) if '" ' in line else line


def _blank(row: list[str]) -> bool:
    return not row or (len(row) == 1 and not row[0].strip())


def _ragged(line: int, found: int, width: int, *, quoting: bool) -> DataError:
    if found > width:
        fix = "A cell that holds the separator must stand in quotes."
        if not quoting:
            fix = "Quotes are ordinary characters here: quoting=True lets them hold a cell."
    else:
        fix = "Fill in the cells that are missing, or remove that line."
    return DataError(
        "Every row must have the same number of cells.",
        received=f"{found} {'cell' if found == 1 else 'cells'} in line {line}, {width} expected",
        fix=fix,
    )


def _misquoted(line: int, error: str) -> DataError:
    if "field limit" in error:
        limit = csv.field_size_limit()
        return DataError(
            f"A cell must have at most {limit:,} characters.",
            received=f"more in the row from line {line}, perhaps after a quote left open",
            fix=_NO_QUOTES,
        )
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
