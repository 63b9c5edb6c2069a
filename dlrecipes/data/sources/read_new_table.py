"""Tables to predict, with the columns of the training table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from dlrecipes.data.sources.detect_header import detect_header
from dlrecipes.data.sources.open_rows import open_rows, table_suffix
from dlrecipes.data.sources.plain_values import missing_markers
from dlrecipes.data.sources.read_parquet import PARQUET_SUFFIXES
from dlrecipes.data.sources.read_table import check_options, read_cells
from dlrecipes.errors import DataError
from dlrecipes.results import Column, TableFile, plural

MAX_NAMED = 30


def read_new_table(
    path: str | Path,
    columns: Sequence[Column],
    trained_on: TableFile | None = None,
    *,
    header: bool | None = None,
    encoding: str | None = None,
    separator: str | None = None,
    quoting: bool | None = None,
) -> pd.DataFrame:
    """Return the cells of a file as they stand, its columns named as in training.

    The file is read as the training table's was: the same cells are missing values, and separator,
    encoding and quotes are the same where they were given. Under a header the columns are found
    by their names, wherever they stand. Without one they are taken by their position: the file
    then has all columns of the training table in their order, with or without the targets, or
    just the inputs.

    Args:
        path: Any file that `read_table` reads.
        columns: What the model takes, in the order of the training table.
        trained_on: How the training table was read; None for the usual, with unknown columns.
        header: Whether the first row names the columns; None to tell it from the rows. A row that
            holds half of the inputs' names does.
        encoding: The file's text encoding, where it is not the training file's.
        separator: Its separator, likewise.
        quoting: Whether quotes hold its cells together, likewise.

    Returns:
        Text, or a Parquet file's own types: `table_columns` reads them as training's columns.

    Raises:
        DataError: If the file cannot be read as a table, if its header names none of the
            inputs, or if without one it has another number of columns.
    """
    file, trained_on = Path(path), trained_on or TableFile()
    trained_on = replace(
        trained_on,
        encoding=encoding or trained_on.encoding,
        separator=separator or trained_on.separator,
        quoting=trained_on.quoting if quoting is None else quoting,
    )
    check_options(trained_on.separator, None, trained_on.missing)
    inputs = [column.name for column in columns]
    given = {"encoding": encoding, "separator": separator, "quoting": quoting}
    if table_suffix(file) in PARQUET_SUFFIXES and any(
        value is not None for value in given.values()
    ):
        raise DataError(
            "A Parquet file has no encoding, separator or quotes.",
            received=", ".join(f"{name}={value!r}" for name, value in given.items() if value),
            fix="Leave these options out.",
        )
    if table_suffix(file) in PARQUET_SUFFIXES:
        return read_cells(file, TableFile(missing=trained_on.missing), header=header).table
    names = None
    if header is not True:
        with open_rows(
            file,
            separator=trained_on.separator,
            encoding=trained_on.encoding,
            quoting=trained_on.quoting,
        ) as (chunks, _):
            rows = next(chunks, [])
        if rows and header is None:
            header = _named(rows[0], inputs) or detect_header(
                rows, missing=frozenset().union(*missing_markers(trained_on.missing))
            )
        if rows and not header:
            names = _by_position(len(rows[0]), inputs, trained_on, file)
    table = read_cells(file, trained_on, header=header, columns=names).table
    if names is None and not set(inputs) & set(table.columns):
        raise DataError(
            "A header must name the columns that the model was trained on.",
            received=f"{_shown(list(table.columns))} above the columns of {file}",
            fix=f"They are {_shown(inputs)}. If the first row is data: header=False (--header no).",
        )
    return table


def _named(first: Sequence[str], inputs: Sequence[str]) -> bool:
    """Return whether a row holds at least half of the inputs' names."""
    cells = {cell.strip() for cell in first}
    return 2 * sum(name in cells for name in inputs) >= len(inputs)


def _by_position(width: int, inputs: Sequence[str], trained_on: TableFile, file: Path) -> list[str]:
    """Return the names of the columns of a file without a header."""
    whole = list(trained_on.columns)
    known = [name for name in whole if name not in trained_on.targets]
    fitting = [names for names in (list(inputs), known, whole) if len(names) == width]
    if fitting:
        return fitting[0]
    fix = f"Give the {plural(len(inputs), 'input')} in this order: {_shown(inputs)}"
    if whole:
        fix += f"; or all {len(whole)} columns of the training table: {_shown(whole)}"
        fix += ", with or without the target"
    raise DataError(
        "Without a header, the columns of a table are known by their number.",
        received=f"{width} in {file}",
        fix=f"{fix}; or a header.",
    )


def _shown(names: Sequence[str]) -> str:
    more = ", …" if len(names) > MAX_NAMED else ""
    return ", ".join(map(repr, names[:MAX_NAMED])) + more
