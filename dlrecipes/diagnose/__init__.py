"""Checks of a run, one a file; each returns what it found as data."""

from dlrecipes.diagnose.check_subgroups import check_subgroups
from dlrecipes.diagnose.choose_threshold import choose_threshold
from dlrecipes.diagnose.decide import decide
from dlrecipes.diagnose.ensemble_gain import measure_gain
from dlrecipes.diagnose.selection_optimism import check_selection_optimism
from dlrecipes.diagnose.subgroups import measure_subgroups
from dlrecipes.diagnose.verdict import judge

__all__ = [
    "check_selection_optimism",
    "check_subgroups",
    "choose_threshold",
    "decide",
    "judge",
    "measure_gain",
    "measure_subgroups",
]
