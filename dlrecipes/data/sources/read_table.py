"""Tables from CSV, TSV, TXT and Parquet files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from dlrecipes.data.sources.infer_columns import number_forms
from dlrecipes.data.sources.missing import missing_markers, numeric_blanks
from dlrecipes.data.sources.read_cells import check_options, read_cells
from dlrecipes.data.sources.typed_table import number_values
from dlrecipes.results import TableFile


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
