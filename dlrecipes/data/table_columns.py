"""The inputs of a table as a model takes them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dlrecipes.data.columns import Columns
from dlrecipes.data.sources import typed_table
from dlrecipes.results import Column, TableFile


def table_columns(
    frame: pd.DataFrame,
    columns: Sequence[Column],
    *,
    file: TableFile | None = None,
    part: str = "",
) -> Columns:
    """Return the columns that are inputs: numbers as float32 or float64, all else as text.

    Each cell is read by what the training table's column is, whatever else is in the table.

    Args:
        frame: Text as a file has it, or typed values; other columns may be in it.
        columns: What the columns are; those of kind `"ignored"` are left out.
        file: How the training table's file was read; None for the usual.
        part: What the table is, for messages, such as `"test"`; empty for a file of its own.

    Raises:
        DataError: If a column is missing, or a cell cannot be read as training's were; the message
            names the column, the cell and the row.

    Example:
        >>> import pandas as pd
        >>> kinds = [dlr.results.Column("price", "number"), dlr.results.Column("town", "category")]
        >>> table = pd.DataFrame({"town": ["Oslo", "Bergen"], "price": [13.5, None]})
        >>> columns = dlr.data.table_columns(table, kinds)
        >>> columns["price"].tolist(), columns["town"].tolist()
        ([13.5, nan], ['Oslo', 'Bergen'])
    """
    wanted = [column for column in columns if column.kind != "ignored"]
    typed = typed_table(frame, wanted, file=file, part=part)
    values = {}
    for column in wanted:
        series = typed[column.name]
        if column.kind == "number":
            # By way of float64 in every file, so that a number does not depend on its neighbours.
            exact = series.to_numpy(dtype=np.float64, na_value=np.nan)
            with np.errstate(over="ignore"):  # what becomes infinite is refused below
                values[column.name] = exact.astype(column.dtype)
        else:
            values[column.name] = series.to_numpy(dtype=object, na_value="")
    return Columns(values, wide=[column.name for column in wanted if column.wide])
