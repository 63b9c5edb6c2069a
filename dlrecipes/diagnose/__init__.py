"""Checks of a run, one a file; each returns what it found as data."""

from dlrecipes.diagnose.check_penalty_gain import check_penalty_gain
from dlrecipes.diagnose.check_subgroups import check_subgroups
from dlrecipes.diagnose.check_unknown_values import check_unknown_values
from dlrecipes.diagnose.choose_threshold import choose_threshold
from dlrecipes.diagnose.decide import decide
from dlrecipes.diagnose.decision_losses import decision_losses, decision_step
from dlrecipes.diagnose.ensemble_gain import average_predictions, measure_gain
from dlrecipes.diagnose.measure_gap import measure_gap
from dlrecipes.diagnose.selection_optimism import check_selection_optimism
from dlrecipes.diagnose.strongest_baseline import strongest_baseline
from dlrecipes.diagnose.subgroups import measure_subgroups
from dlrecipes.diagnose.verdict import judge
from dlrecipes.diagnose.weigh_penalty import weigh_penalty

__all__ = [
    "average_predictions",
    "check_penalty_gain",
    "check_selection_optimism",
    "check_subgroups",
    "check_unknown_values",
    "choose_threshold",
    "decide",
    "decision_losses",
    "decision_step",
    "judge",
    "measure_gain",
    "measure_gap",
    "measure_subgroups",
    "strongest_baseline",
    "weigh_penalty",
]
