"""Tables from CSV, TSV, TXT and Parquet files, and their cells as they stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from dlrecipes.checks import check_list
from dlrecipes.data.sources.detect_header import detect_header, header_from_types
from dlrecipes.data.sources.infer_columns import number_forms
from dlrecipes.data.sources.open_rows import open_rows, table_suffix
from dlrecipes.data.sources.open_text import check_file
from dlrecipes.data.sources.plain_values import missing_markers, numeric_blanks
from dlrecipes.data.sources.read_parquet import PARQUET_SUFFIXES, STRING, read_parquet
from dlrecipes.data.sources.typed_table import number_values
from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.results import TableFile, plural


def read_table(
    path: str | Path,
    *,
    header: bool | None = None,
    separator: str | None = None,
    columns: Sequence[str] | None = None,
    missing: Sequence[str] | None = None,
    encoding: str = "utf-8",
    quoting: bool = True,
    decimal: str | None = None,
) -> pd.DataFrame:
    """Return a file's table: numbers as int64 or float64, all else as text.

    Spaces around cells are stripped and blank lines skipped. Numbers may be written as in any
    country, with marks between thousands, currencies, units or percent signs, as long as a column
    is written in one way. Dates and booleans stay text, and so do digits with leading zeros.

    Args:
        path: A file `.csv`, `.tsv`, `.tab`, `.txt` or `.data`, also as `.gz` or `.zip`; or
            `.parquet` or `.pq`, whose types are kept.
        header: Whether the first row names the columns; None to tell it from the rows.
        separator: One character; None to tell `,`, `;`, tab, `|` or runs of spaces from the first
            lines.
        columns: One name a column, for a file without header or in place of its header; without
            either they are `column_1`, `column_2`, …
        missing: Cells that stand for a missing value, in place of `MISSING` and
            `MISSING_AMONG_NUMBERS`; an empty cell is missing in any case.
        encoding: The file's text encoding.
        quoting: Whether quotes hold a cell together; False for text with stray quotes.
        decimal: The decimal mark, `.` or `,`; None to tell it from the cells.

    Returns:
        One row a row of the file, at least one, with different column names.

    Raises:
        ArgumentError: If `separator`, `encoding` or `decimal` is none, or `missing` holds no text.
        DataError: If the file cannot be read as a table; the message names the line. Or if nothing
            tells whether `1.234` is more than a thousand.
    """
    check_options(separator, columns, missing)
    file = TableFile(
        separator=separator,
        missing=None if missing is None else tuple(missing),
        encoding=encoding,
        quoting=quoting,
        decimal=decimal,
    )
    cells = read_cells(path, file, header=header, columns=columns)
    among = missing_markers(file.missing)[1]
    typed = {}
    for name, form in number_forms(cells.table, file=file, separator=cells.separator).items():
        values = number_values(cells.table[name], form, among)
        typed[name] = numeric_blanks(values, file.missing)
    return cells.table.assign(**typed)


def read_headed_table(path: str | Path, file: TableFile | None = None) -> pd.DataFrame:
    """Return the table of a file whose first row names the columns.

    Args:
        path: Any file that `read_table` reads; the names in a Parquet file are its own.
        file: How a text file is read: separator and encoding; None for the usual.

    Raises:
        DataError: If the file cannot be read as a table.
    """
    file = file or TableFile()
    own = Path(path).suffix.lower() in PARQUET_SUFFIXES
    return read_table(
        path,
        header=None if own else True,
        separator=file.separator,
        encoding=file.encoding,
    )


@dataclass(frozen=True, eq=False)
class Cells:
    """A file's table.

    Args:
        table: Text as the file has it, without the spaces around it and null where missing; of a
            Parquet file its own types. One row a row of the file, at least one.
        file: How the file was read; None for the usual.
        separator: What separates the cells; empty for a Parquet file.
        blanks: `{column: {text of a missing cell: how often it stands there}}`, of text files.
    """

    table: pd.DataFrame
    file: TableFile | None = None
    separator: str = ""
    blanks: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def read_cells(
    path: str | Path,
    file: TableFile | None = None,
    *,
    header: bool | None = None,
    columns: Sequence[str] | None = None,
) -> Cells:
    """Return a file's table as it stands: what its columns are is for others to tell.

    Args:
        path: A file `.csv`, `.tsv`, `.tab`, `.txt` or `.data`, also as `.gz` or `.zip`; or
            `.parquet` or `.pq`.
        file: Separator, encoding, quotes and missing cells; None for the usual.
        header: Whether the first row names the columns; None to tell it from the rows.
        columns: One name a column, for a file without header or in place of its header; without
            either they are `column_1`, `column_2`, …

    Raises:
        ArgumentError: If the separator or the encoding is none, or `missing` holds no text.
        DataError: If the file cannot be read as a table; the message names the line.
    """
    source, file = Path(path), file or TableFile()
    check_options(file.separator, columns, file.missing)
    if table_suffix(source) in PARQUET_SUFFIXES:
        check_file(source)
        if columns is not None or file.separator is not None or header is not None:
            raise DataError(
                "A Parquet file has its own columns: no header, separator or names.",
                received=f"header={header}, separator={file.separator!r}, columns={columns!r}",
                fix="Leave these options out.",
            )
        return Cells(read_parquet(source, missing=file.missing), file)
    with open_rows(
        source, separator=file.separator, encoding=file.encoding, quoting=file.quoting
    ) as opened:
        chunks, separator = opened
        names, cells = _collect(source, chunks, header, columns, file.missing)
    markers = missing_markers(file.missing)[0]
    table, blanks = {}, {}
    for index, name in enumerate(names):
        text = pc.utf8_trim_whitespace(cells[index])
        cells[index] = None  # not all twice in memory
        found = pc.is_in(text, value_set=pa.array(sorted(markers), pa.string()))
        blanks[name] = _counted(text.filter(found))
        known = pc.if_else(found, pa.scalar(None, pa.string()), text)
        table[name] = known.to_pandas(types_mapper={pa.string(): STRING}.get)
    # A separator behind the last cell makes a last column without a name or a value.
    last = names[-1]
    if len(names) > 1 and last == f"column_{len(names)}" and table[last].isna().all():
        del table[last]
    return Cells(pd.DataFrame(table), file, separator, blanks)


def _counted(blank: pa.ChunkedArray) -> dict[str, int]:
    counts = blank.value_counts()
    return {
        str(text): int(count)
        for text, count in zip(
            counts.field("values").to_pylist(), counts.field("counts").to_pylist(), strict=True
        )
    }


def check_options(
    separator: str | None, columns: Sequence[str] | None, missing: Sequence[str] | None
) -> None:
    """Check how a file is to be read.

    Raises:
        ArgumentError: If the separator is not one character, or names or markers are no lists of
            text.
    """
    if separator is not None and (len(separator) != 1 or separator in '"\r\n'):
        raise ArgumentError(
            "`separator` must be one character, no quote and no line end.",
            received=f"separator={separator!r}",
            fix="For example ';', '|', 'tab' or 'space'.",
        )
    for name, texts in (("columns", columns), ("missing", missing)):
        if texts is not None:
            check_list(name, texts)


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
                received=f"{plural(len(columns), 'name')} for {plural(len(first), 'column')}",
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
            fix="Name them with columns=[…] (--columns a,b,…); if the first row is data, pass "
            "header=False (--header no).",
        )
    return names
