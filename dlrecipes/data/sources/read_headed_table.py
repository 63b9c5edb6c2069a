"""Tables that have a header for sure."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from dlrecipes.data.sources.read_parquet import PARQUET_SUFFIXES
from dlrecipes.data.sources.read_table import read_table
from dlrecipes.results import TableFile


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
