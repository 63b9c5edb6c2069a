"""Tables from CSV, TSV, TXT and Parquet files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from dlrecipes.data.sources.convert_cells import convert_cells
from dlrecipes.data.sources.detect_header import detect_header, header_from_types
from dlrecipes.data.sources.missing import missing_markers
from dlrecipes.data.sources.open_rows import open_rows
from dlrecipes.data.sources.open_text import check_file
from dlrecipes.data.sources.read_parquet import PARQUET_SUFFIXES, read_parquet
from dlrecipes.data.sources.table_suffix import table_suffix
from dlrecipes.errors import ArgumentError, DataError


def read_table(
    path: str | Path,
    *,
    header: bool | None = None,
    separator: str | None = None,
    columns: Sequence[str] | None = None,
    missing: Sequence[str] | None = None,
    encoding: str = "utf-8",
    quoting: bool = True,
) -> pd.DataFrame:
    """Return a file's table: numbers as int64 or float64, all else as text.

    Spaces around cells are stripped and blank lines skipped. In files that are not separated by
    commas, a decimal comma is understood. Dates and booleans stay text.

    Args:
        path: A file `.csv`, `.tsv`, `.tab`, `.txt` or `.data`, also as `.gz` or `.zip`; or
            `.parquet` or `.pq`, whose types are kept.
        header: Whether the first row names the columns; None to tell it from the rows.
        separator: One character; None to tell `,`, `;`, tab or `|` from the first lines.
        columns: One name a column, for a file without header or in place of its header; without
            either they are `column_1`, `column_2`, …
        missing: Cells that stand for a missing value, in place of `MISSING` and
            `MISSING_AMONG_NUMBERS`; an empty cell is missing in any case.
        encoding: The file's text encoding.
        quoting: Whether quotes hold a cell together; False for text with stray quotes.

    Returns:
        One row a row of the file, at least one, with different column names.

    Raises:
        ArgumentError: If `separator` or `encoding` is none, or `missing` holds no text.
        DataError: If the file cannot be read as a table; the message names the line.
    """
    file = Path(path)
    _check_arguments(separator, columns, missing)
    if table_suffix(file) in PARQUET_SUFFIXES:
        check_file(file)
        if columns is not None or separator is not None or header is not None:
            raise DataError(
                "A Parquet file has its own columns: no header, separator or names.",
                received=f"header={header}, separator={separator!r}, columns={columns!r}",
            )
        return read_parquet(file, missing=missing)
    with open_rows(file, separator=separator, encoding=encoding, quoting=quoting) as opened:
        chunks, separator = opened
        names, cells = _collect(file, chunks, header, columns, missing)
    markers, among_numbers = missing_markers(missing)
    data = {}
    for index, name in enumerate(names):
        data[name] = convert_cells(
            cells[index],
            missing=markers,
            missing_among_numbers=among_numbers,
            decimal_comma=separator != ",",
            surely=separator == ";",
        )
        cells[index] = None  # not all twice in memory
    return pd.DataFrame(data)


def _check_arguments(
    separator: str | None, columns: Sequence[str] | None, missing: Sequence[str] | None
) -> None:
    if separator is not None and (len(separator) != 1 or separator in '"\r\n'):
        raise ArgumentError(
            "`separator` must be one character, no quote and no line end.",
            received=f"separator={separator!r}",
        )
    for name, texts in (("columns", columns), ("missing", missing)):
        if texts is None:
            continue
        if isinstance(texts, str) or not all(isinstance(text, str) for text in texts):
            raise ArgumentError(f"`{name}` must be a list of text.", received=f"{name}={texts!r}")


def _collect(
    file: Path,
    chunks: Iterator[list[list[str]]],
    header: bool | None,
    columns: Sequence[str] | None,
    missing: Sequence[str] | None,
) -> tuple[list[str], list[Any]]:
    """Return the columns' names and their cells as Arrow arrays of text."""
    rows = next(chunks, [])
    if not rows:
        raise DataError("A table must have at least one row.", received=f"{file} without any")
    if header is None:
        header = _detect(rows, columns, missing)
    names = _names(rows[0], header=header, columns=columns)
    rows = rows[1:] if header else rows
    parts: list[list[Any]] = [[] for _ in names]
    for some in chain([rows] if rows else [], chunks):
        for part, column in zip(parts, zip(*some, strict=True), strict=True):
            part.append(pa.array(column, pa.string()))
    if not parts[0]:
        raise DataError(
            "A table must have at least one row below its header.",
            received=f"{file} with the header {', '.join(names[:10])} only",
            fix="If that is data: header=False (--header no).",
        )
    return names, [pa.chunked_array(part) for part in parts]


def _detect(
    rows: list[list[str]], columns: Sequence[str] | None, missing: Sequence[str] | None
) -> bool:
    markers = frozenset().union(*missing_markers(missing))
    if columns is None:
        return detect_header(rows, missing=markers)
    # Names are given to files without them: only what is surely a header is one.
    repeated = [cell.strip() for cell in rows[0]] == [name.strip() for name in columns]
    return repeated or header_from_types(rows, missing=markers) is True


def _names(first: list[str], *, header: bool, columns: Sequence[str] | None) -> list[str]:
    if columns is not None:
        if len(columns) != len(first):
            raise DataError(
                "`columns` must name each column once.",
                received=f"{len(columns)} names for {len(first)} columns",
            )
        names = [name.strip() for name in columns]
    else:
        names = [cell.strip() if header else "" for cell in first]
    names = [name or f"column_{number}" for number, name in enumerate(names, 1)]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise DataError(
            "Columns must have different names.",
            received=f"{', '.join(map(repr, twice[:10]))} more than once",
            fix="Name them with columns=[…]; if the first row is data, pass header=False.",
        )
    return names
