"""The run directory: where a run keeps everything, and who may write to it."""

from dlrecipes.rundir.arrays import read_arrays, write_arrays
from dlrecipes.rundir.log import run_log
from dlrecipes.rundir.networks import KERAS, NO_KERAS, Networks, beside
from dlrecipes.rundir.place import check_place
from dlrecipes.rundir.run_directory import (
    FORMATS,
    LEDGER,
    Format,
    Part,
    RunDirectory,
    newest_unfinished,
)

__all__ = [
    "FORMATS",
    "KERAS",
    "LEDGER",
    "NO_KERAS",
    "Format",
    "Networks",
    "Part",
    "RunDirectory",
    "beside",
    "check_place",
    "newest_unfinished",
    "read_arrays",
    "run_log",
    "write_arrays",
]
