"""Files and what their columns are: tables, NumPy archives and IDX files."""

from dlrecipes.data.sources.column import Column, Kind
from dlrecipes.data.sources.dates import parse_dates
from dlrecipes.data.sources.infer_columns import infer_columns
from dlrecipes.data.sources.missing import MISSING, MISSING_AMONG_NUMBERS
from dlrecipes.data.sources.read_arrays import read_idx, read_npz
from dlrecipes.data.sources.read_table import read_table

__all__ = [
    "MISSING",
    "MISSING_AMONG_NUMBERS",
    "Column",
    "Kind",
    "infer_columns",
    "parse_dates",
    "read_idx",
    "read_npz",
    "read_table",
]
