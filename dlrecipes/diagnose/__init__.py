"""Checks of a training and of a run; each returns what it found as data."""

from dlrecipes.diagnose.check_unknown_values import check_unknown_values
from dlrecipes.diagnose.ensemble_gain import average_predictions, measure_gain
from dlrecipes.diagnose.failing_slices import find_failing_slices
from dlrecipes.diagnose.histories import HISTORY_CHECKS, check_history
from dlrecipes.diagnose.new_inputs import check_new_inputs, describe_inputs
from dlrecipes.diagnose.penalty import check_penalty_gain, weigh_penalty
from dlrecipes.diagnose.program import CHECKS, check
from dlrecipes.diagnose.selection_optimism import check_selection_optimism
from dlrecipes.diagnose.subgroup_gaps import measure_gap
from dlrecipes.diagnose.subgroups import check_subgroups, measure_subgroups
from dlrecipes.diagnose.threshold import choose_threshold, decide, decision_losses, decision_step
from dlrecipes.diagnose.verdict import judge, strongest_baseline

__all__ = [
    "CHECKS",
    "HISTORY_CHECKS",
    "average_predictions",
    "check",
    "check_history",
    "check_new_inputs",
    "check_penalty_gain",
    "check_selection_optimism",
    "check_subgroups",
    "check_unknown_values",
    "choose_threshold",
    "decide",
    "decision_losses",
    "decision_step",
    "describe_inputs",
    "find_failing_slices",
    "judge",
    "measure_gain",
    "measure_gap",
    "measure_subgroups",
    "strongest_baseline",
    "weigh_penalty",
]
