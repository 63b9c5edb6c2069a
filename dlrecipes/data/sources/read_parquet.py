"""Tables from Parquet files, and tables made in Python as if they came from one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dlrecipes.data.sources.plain_values import missing_markers, numeric_blanks, plain_values
from dlrecipes.errors import DataError
from dlrecipes.results import TableFile, plural

PARQUET_SUFFIXES = (".parquet", ".pq")
STRING = pd.StringDtype("pyarrow", na_value=np.nan)


def read_parquet(path: Path, *, missing: Sequence[str] | None = None) -> pd.DataFrame:
    """Return a Parquet file's table with its own types; text stays text.

    Args:
        path: An existing file.
        missing: Cells of text, and numbers, that stand for a missing value besides those that
            the file marks as missing; None for `MISSING` in columns of text.

    Raises:
        DataError: If the file is damaged, has no rows, or has columns of lists or bytes.
    """
    try:
        with pq.ParquetFile(path) as file:
            table = file.read()
    except (pa.ArrowException, OSError) as error:
        raise DataError(
            "A Parquet file must be whole.", received=f"{path}: {str(error).splitlines()[0]}"
        ) from error
    if not table.num_rows or not table.num_columns:
        raise DataError(
            "A table must have at least one row and one column.",
            received=f"{path} with {plural(table.num_rows, 'row')} and "
            f"{plural(table.num_columns, 'column')}",
        )
    return _typed_cells(table, source=str(path), missing=missing)


def _typed_cells(
    table: pa.Table, *, source: str, missing: Sequence[str] | None = None
) -> pd.DataFrame:
    """Return an Arrow table's cells with its own types; text stays text.

    Args:
        table: One row an example.
        source: Where it comes from, for the message.
        missing: As for `read_parquet`.

    Raises:
        DataError: If it has columns of lists or bytes, or two of one name.
    """
    names = [str(name).strip() for name in table.column_names]
    if len(set(names)) < len(names):
        raise DataError("Columns must have different names.", received=f"{source}: {names!r}")
    markers, _ = missing_markers(missing)
    categorical = _categorical(table)
    return pd.DataFrame(
        {
            name: _convert(source, name, cells, markers, is_category=column in categorical)
            for column, name, cells in zip(table.column_names, names, table.columns, strict=True)
        }
    )


def _categorical(table: pa.Table) -> set[str]:
    """Return the columns that were categorical in pandas; of numbers, Parquet itself forgets it."""
    described = (table.schema.pandas_metadata or {}).get("columns", [])
    named = {str(column["field_name"]) for column in described if _is_category(column)}
    dictionaries = (field.name for field in table.schema if pa.types.is_dictionary(field.type))
    return named.union(dictionaries)


def _is_category(column: Mapping[str, object]) -> bool:
    return column.get("pandas_type") == "categorical"


def _convert(
    source: str, name: str, cells: pa.ChunkedArray, missing: frozenset[str], *, is_category: bool
) -> pd.Series[Any]:
    kind = cells.type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
        cells = cells.cast(kind)
    if pa.types.is_null(kind):
        return pd.Series(np.full(len(cells), np.nan))
    if pa.types.is_boolean(kind):
        values = cells.to_pandas()
        return values if not cells.null_count else values.astype("boolean")  # type: ignore[no-any-return]
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        numbers = numeric_blanks(_numbers(cells), sorted(missing))
        return numbers.astype("category") if is_category else numbers
    if pa.types.is_time(kind):  # of the day, as 17:30:00
        return cells.cast(pa.string()).to_pandas(types_mapper={pa.string(): STRING}.get)  # type: ignore[no-any-return]
    if pa.types.is_date(kind):
        return cells.cast(pa.timestamp("s")).to_pandas()  # type: ignore[no-any-return]
    if pa.types.is_timestamp(kind):
        return cells.to_pandas()  # type: ignore[no-any-return]
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        text = pc.utf8_trim_whitespace(cells.cast(pa.string()))
        found = pc.is_in(text, value_set=pa.array(sorted(missing), pa.string()))
        text = pc.if_else(found, pa.scalar(None, pa.string()), text)
        return text.to_pandas(types_mapper={pa.string(): STRING}.get)  # type: ignore[no-any-return]
    raise DataError(
        "Columns must hold numbers, text, dates or booleans.",
        received=f"column {name!r} of {source} with {kind}",
        fix="Leave that column out, or make numbers or text of it.",
    )


def _numbers(cells: pa.ChunkedArray) -> pd.Series[Any]:
    """Return numbers as they stand: whole ones beside a gap are no floating-point numbers."""
    kind = cells.type
    if pa.types.is_integer(kind):
        wide = pa.uint64() if kind == pa.uint64() else pa.int64()
        types = {pa.int64(): pd.Int64Dtype(), pa.uint64(): pd.UInt64Dtype()}
        mapper = types.get if cells.null_count else None
        return cells.cast(wide).to_pandas(types_mapper=mapper)  # type: ignore[no-any-return]
    if kind == pa.float32():  # 0.1 is 0.1, and not 0.10000000149
        cells = cells.cast(pa.string())
    return cells.cast(pa.float64()).to_pandas()  # type: ignore[no-any-return]


def frame_cells(frame: pd.DataFrame, trained_on: TableFile | None) -> pd.DataFrame:
    """Return a frame's cells for a model that learned from a file, or from a frame.

    In the first case they are those of a Parquet file of it: texts have no spaces around them, what
    stands for a missing value is one, and numbers do not depend on their dtype. In the second they
    stay as they are.

    Args:
        frame: One row an example; its columns have names that are text. Its index stays.
        trained_on: How the training file was read; None if there was none.

    Raises:
        DataError: If a column holds anything but numbers, text, dates or booleans.
    """
    columns = {name: _as_arrow(name, frame[name]) for name in frame.columns}
    if trained_on is None:
        return frame
    cells = _typed_cells(pa.table(columns), source="the table", missing=trained_on.missing)
    return cells.set_index(frame.index)


def _as_arrow(name: str, values: pd.Series[Any]) -> pa.Array:
    # A whole number may be larger than any of Arrow.
    with suppress(pa.ArrowException, TypeError, OverflowError):
        array = pa.Array.from_pandas(values)
        if not pa.types.is_nested(array.type):
            return array
    try:  # text and numbers in one column
        return pa.Array.from_pandas(plain_values(name, values))
    except (pa.ArrowException, TypeError, OverflowError, DataError) as error:
        found = sorted({type(value).__name__ for value in values[values.notna()]})
        raise DataError(
            "Columns must hold numbers, text, dates or booleans.",
            received=f"column {name!r} with {' and '.join(found)}",
        ) from error
