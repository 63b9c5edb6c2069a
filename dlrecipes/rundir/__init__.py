"""The run directory: where a run keeps everything, and who may write to it."""

from dlrecipes.rundir.log import run_log
from dlrecipes.rundir.networks import Networks
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
    "LEDGER",
    "Format",
    "Networks",
    "Part",
    "RunDirectory",
    "check_place",
    "newest_unfinished",
    "run_log",
]
