"""A text file as rows of cells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, islice, takewhile
from pathlib import Path

from dlrecipes.data.sources.detect_separator import detect_separator
from dlrecipes.data.sources.open_text import check_file, open_text
from dlrecipes.data.sources.read_rows import cells_of, read_rows
from dlrecipes.data.sources.table_suffix import table_suffix

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
            separator = detect_separator(rest or head, quoting=quoting, suffix=suffix)
        lines = _without_comments(head, len(comments), separator)
        skipped = len(head) - len(lines) + bool(announced)
        rows = read_rows(
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
    width = len(cells_of(last.lstrip("# "), separator))
    if width > 1 and width == len(cells_of(below, separator)):
        named = last.lstrip("#").lstrip() if last.startswith(("# ", "##")) else last
        return [named, *head[comments:]]
    return head[comments:]
