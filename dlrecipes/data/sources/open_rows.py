"""A text file as rows of cells, and the character that separates them."""

from __future__ import annotations

import csv
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice, takewhile
from pathlib import Path
from typing import Any

from dlrecipes.data.sources.detect_header import is_number
from dlrecipes.data.sources.open_text import TEXT_SUFFIXES, check_file, open_text
from dlrecipes.data.sources.read_parquet import PARQUET_SUFFIXES
from dlrecipes.errors import DataError
from dlrecipes.results import plural

LINES_LOOKED_AT = 200
# Excel's line above the table.
_ANNOUNCED = re.compile(r'"?sep=(\\t|.)"?', re.IGNORECASE)


@contextmanager
def open_rows(
    file: Path, *, separator: str | None, encoding: str, quoting: bool
) -> Iterator[tuple[Iterator[list[list[str]]], str]]:
    """Open a text file as rows of cells, in lists of at most 20,000.

    A line `sep=;` as Excel writes it, and comments (`# …`) above the table are passed over.

    Args:
        file: The file.
        separator: One character; None to tell it from the first lines.
        encoding: The file's text encoding.
        quoting: Whether quotes hold a cell together.

    Yields:
        The lists of rows, and the separator.

    Raises:
        ArgumentError: If there is no such encoding.
        DataError: If the file cannot be read as rows of the same length.
    """
    suffix = table_suffix(file)
    check_file(file)
    with open_text(file, encoding) as stream:
        head = list(islice(stream, LINES_LOOKED_AT))
        announced = _ANNOUNCED.fullmatch(head[0].strip()) if head else None
        if announced:
            separator = separator or announced[1].replace("\\t", "\t")
            head = head[1:]
        comments = list(takewhile(lambda line: line.startswith("#"), head))
        if separator is None:
            rest = head[len(comments) :]
            separator = _detect_separator(rest or head, quoting=quoting, suffix=suffix)
        lines = _without_comments(head, len(comments), separator)
        skipped = len(head) - len(lines) + bool(announced)
        rows = _read_rows(
            chain(lines, stream), separator=separator, quoting=quoting, skipped=skipped
        )
        yield rows, separator


def _without_comments(head: list[str], comments: int, separator: str) -> list[str]:
    """Return the lines without the comments above the table.

    Where the last of them has as many cells as the line below it, it is the header.
    """
    if not comments or comments == len(head):
        return head
    last, below = head[comments - 1], head[comments]
    width = len(_cells_of(last.lstrip("# "), separator))
    if width > 1 and width == len(_cells_of(below, separator)):
        named = last.lstrip("#").lstrip() if last.startswith(("# ", "##")) else last
        return [named, *head[comments:]]
    return head[comments:]


# From the most telling to the least: a comma is also a decimal mark and stands in every text.
SEPARATORS = ("\t", ";", "|", ",")
ALIKE = (1.0, 0.9, 0.6)
WHOLE_ROWS = 10


def _detect_separator(lines: Sequence[str], *, quoting: bool, suffix: str) -> str:
    """Return the separator that cuts most of the lines into equally many cells.

    Args:
        lines: First lines of the file.
        quoting: Whether quotes hold a cell together.
        suffix: The file's suffix, which decides where the lines do not.

    Returns:
        One of `,`, `;`, tab and `|`, any of them for a single column; a space for columns of
        numbers in runs of spaces.
    """
    if suffix in (".tsv", ".tab") and any("\t" in line for line in lines):
        return "\t"
    modes = {separator: _mode(lines, separator, quoting=quoting) for separator in SEPARATORS}
    for alike in ALIKE:
        best, found = 1, ""
        for separator, (width, share) in modes.items():
            # Decimal commas make one cell more than there are columns at most.
            score = width - 1 if separator == "," and found else width
            if share >= alike and score > best:
                best, found = score, separator
        if found == "\t" and _width_in_spaces(lines, quoting=quoting) > best:
            return SPACES  # a tab among spaces
        if found:
            return found
    if _width_in_spaces(lines, quoting=quoting) > 1:
        return SPACES
    first = next((line for line in lines if line.strip()), "")
    if suffix == ".txt" or not any(separator in first for separator in SEPARATORS):
        return "\t"
    return max(reversed(SEPARATORS), key=first.count)


def _mode(lines: Sequence[str], separator: str, *, quoting: bool) -> tuple[int, float]:
    """Return the most frequent number of cells, and the share of rows that have it."""
    reader = csv.reader(
        lines,
        delimiter=separator,
        quoting=csv.QUOTE_MINIMAL if quoting else csv.QUOTE_NONE,
        skipinitialspace=True,
    )
    try:
        with _cells_of_any_length():
            widths = [len(row) for row in reader if row]
    except csv.Error:
        widths = []
    # The last of many lines may end inside a quoted cell.
    counts = Counter(widths[:-1] if len(widths) > WHOLE_ROWS else widths)
    if not counts:
        return 1, 0.0
    width = max(counts, key=lambda width: (counts[width], width))
    return width, counts[width] / counts.total()


def _width_in_spaces(lines: Sequence[str], *, quoting: bool) -> int:
    """Return how many cells runs of spaces make of each line, if most are numbers, else 0."""
    filled = [line.replace("\t", " ").strip() for line in lines if line.strip()]
    reader = csv.reader(
        filled[:-1] if len(filled) > WHOLE_ROWS else filled,
        delimiter=SPACES,
        quoting=csv.QUOTE_MINIMAL if quoting else csv.QUOTE_NONE,
        skipinitialspace=True,
    )
    try:
        with _cells_of_any_length():
            rows = list(reader)
    except csv.Error:
        return 0
    if len(rows) < 2 or len({len(row) for row in rows}) > 1:
        return 0
    below = [cell for row in rows[1:] for cell in row]
    numbers = sum(map(is_number, below))
    return len(rows[0]) if 2 * numbers >= len(below) else 0


ROWS_AT_ONCE = 20_000
SPACES = " "
_NAMES = {SPACES: "space", "\t": "tab", ";": "semicolon", "|": "bar", ",": "comma"}
_NO_QUOTES = "If quotes are ordinary characters in this file: quoting=False (--quoting no)."


@contextmanager
def _cells_of_any_length() -> Iterator[None]:
    """Let Python's reader take cells of more than its 131,072 characters."""
    before = csv.field_size_limit(sys.maxsize)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _read_rows(
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
    with _cells_of_any_length():
        yield from _rows(lines, separator, quoting, skipped)


def _cells_of(line: str, separator: str) -> list[str]:
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


PACKED_SUFFIXES = (".gz", ".zip")


def table_suffix(file: Path) -> str:
    """Return the suffix that says what is in the file, without that of its packing.

    Raises:
        DataError: If no table has such a suffix.
    """
    suffixes = [suffix.lower() for suffix in file.suffixes]
    suffix = suffixes[-1] if suffixes else ""
    if suffix in PACKED_SUFFIXES:
        inner = suffixes[-2] if len(suffixes) > 1 else ""
        if inner in TEXT_SUFFIXES or suffix == ".zip":
            return inner if inner in TEXT_SUFFIXES else ".csv"
    elif suffix in (*TEXT_SUFFIXES, *PARQUET_SUFFIXES):
        return suffix
    known = ", ".join((*TEXT_SUFFIXES, *PARQUET_SUFFIXES))
    raise DataError(
        f"A table's file must end in {known}; text also with .gz or .zip behind.",
        received=str(file),
        fix="Save it as one of these.",
    )
