"""Tables that were made in Python, as the training table's cells were."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pandas as pd
import pyarrow as pa

from dlrecipes.data.sources.plain_values import plain_values
from dlrecipes.data.sources.read_parquet import typed_cells
from dlrecipes.errors import DataError
from dlrecipes.results import TableFile


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
    cells = typed_cells(pa.table(columns), source="the table", missing=trained_on.missing)
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
