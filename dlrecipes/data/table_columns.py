"""The inputs of a table as a model takes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlrecipes.data.columns import Columns
from dlrecipes.data.sources import parse_dates
from dlrecipes.errors import DataError
from dlrecipes.results import Column

_ISO = "%Y-%m-%d %H:%M"


def table_columns(frame: pd.DataFrame, columns: Sequence[Column]) -> Columns:
    """Return the columns that are inputs: numbers as float32, all else as text.

    Args:
        frame: The table; other columns may be in it.
        columns: What the columns are; those of kind `"ignored"` are left out.

    Raises:
        DataError: If a column is missing, or has text where numbers should be.
    """
    wanted = [one for one in columns if one.kind != "ignored"]
    missing = [one.name for one in wanted if one.name not in frame]
    if missing:
        raise DataError(
            "A table must have all columns that the model was trained on.",
            received=f"none named {', '.join(map(repr, missing))}; there are "
            f"{', '.join(map(repr, frame.columns))}",
        )
    return Columns({one.name: _values(frame[one.name], one) for one in wanted})


def _values(series: pd.Series[Any], column: Column) -> NDArray[Any]:
    if column.kind == "number":
        return _numbers(series, column)
    if column.kind == "date":
        # Each date is written once, however many rows have it; what is none comes last.
        codes, dates = pd.factorize(parse_dates(series, column.date_format))
        written = pd.DatetimeIndex(dates).strftime(_ISO)
        texts: NDArray[Any] = np.array([*written, ""], dtype=object)
        return np.asarray(texts[codes])
    if pd.api.types.is_float_dtype(series):
        # A category of whole numbers with gaps in it: 3, not 3.0.
        whole = series.dropna() % 1 == 0
        text = series.astype("Int64").astype("str") if whole.all() else series.astype("str")
    else:
        text = series.astype("str")
    return np.where(series.isna().to_numpy(), "", text.to_numpy(dtype=object, na_value=""))


def _numbers(series: pd.Series[Any], column: Column) -> NDArray[np.float32]:
    values = pd.to_numeric(series, errors="coerce")
    bad = (values.isna() & series.notna()).to_numpy()
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(
            f"Column {column.name!r} must hold numbers, as in the training part.",
            received=f"{int(bad.sum())} of {len(bad)} cells with text, first "
            f"{str(series.iloc[row])!r} in row {row}",
        )
    return values.to_numpy(dtype=np.float32, na_value=np.nan)
