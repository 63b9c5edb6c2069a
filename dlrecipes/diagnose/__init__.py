"""Checks of a run, one a file; each returns what it found as data."""

from dlrecipes.diagnose.selection_optimism import check_selection_optimism
from dlrecipes.diagnose.verdict import judge

__all__ = ["check_selection_optimism", "judge"]
