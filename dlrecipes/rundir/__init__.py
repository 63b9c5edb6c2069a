"""The run directory: where a run keeps everything, and who may write to it."""

from dlrecipes.rundir.place import check_place
from dlrecipes.rundir.run_directory import Part, RunDirectory, newest_unfinished

__all__ = ["Part", "RunDirectory", "check_place", "newest_unfinished"]
