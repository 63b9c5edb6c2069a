"""A text file as rows of cells."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path

from dlrecipes.data.sources.detect_separator import detect_separator
from dlrecipes.data.sources.open_text import check_file, open_text
from dlrecipes.data.sources.read_rows import read_rows
from dlrecipes.data.sources.table_suffix import table_suffix

LINES_LOOKED_AT = 200


@contextmanager
def open_rows(
    file: Path, *, separator: str | None, encoding: str, quoting: bool
) -> Iterator[tuple[Iterator[list[list[str]]], str]]:
    """Open a text file as rows of cells, in lists of at most 20,000.

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
        if separator is None:
            separator = detect_separator(head, quoting=quoting, suffix=suffix)
        yield read_rows(chain(head, stream), separator=separator, quoting=quoting), separator
