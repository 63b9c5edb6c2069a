"""Checks of a training and of a run; each returns what it found as data."""

from dlrecipes.diagnose.advice import Searched, advise, apply_change
from dlrecipes.diagnose.bias_and_variance import bias_variance, check_bias_variance
from dlrecipes.diagnose.check_unknown_values import check_unknown_values
from dlrecipes.diagnose.decompose import ErrorParts, decompose_error, decompose_predictions
from dlrecipes.diagnose.ensemble_gain import average_predictions, measure_gain
from dlrecipes.diagnose.failing_slices import find_failing_slices
from dlrecipes.diagnose.feature_maps import (
    class_share,
    layer_outputs,
    tile_images,
    unit_images,
)
from dlrecipes.diagnose.gallery import layer_gallery
from dlrecipes.diagnose.histories import HISTORY_CHECKS, check_history
from dlrecipes.diagnose.inference_mode import check_inference_mode
from dlrecipes.diagnose.layer_signals import (
    activation_spread,
    gradient_by_lag,
    gradient_norms,
)
from dlrecipes.diagnose.levers import Lever, find_levers
from dlrecipes.diagnose.more_data import read_learning_curve
from dlrecipes.diagnose.new_inputs import check_new_inputs, describe_inputs
from dlrecipes.diagnose.one_answer import check_collapse
from dlrecipes.diagnose.penalty import check_penalty_gain, weigh_penalty
from dlrecipes.diagnose.program import CHECKS, check, worst_first
from dlrecipes.diagnose.reliability import Reliability, calibration, check_calibration
from dlrecipes.diagnose.select_members import (
    Selection,
    may_be_luck,
    select_members,
    selection_luck,
)
from dlrecipes.diagnose.selection_optimism import check_selection_optimism
from dlrecipes.diagnose.smooth_losses import smoothness
from dlrecipes.diagnose.subgroup_gaps import measure_gap
from dlrecipes.diagnose.subgroups import check_subgroups, measure_subgroups
from dlrecipes.diagnose.suspicious_labels import (
    check_labels,
    find_label_issues,
    find_value_issues,
)
from dlrecipes.diagnose.temperature import calibrated_scores, choose_temperature
from dlrecipes.diagnose.threshold import choose_threshold, decide, decision_losses, decision_step
from dlrecipes.diagnose.verdict import judge, strongest_baseline

RUN_CHECKS = {
    "bias and variance": "the error of the exported network, taken apart",
    "moving averages": "a network that is another one in inference than in training",
    "one answer": "networks that give one class, or one value, for all examples",
    "failing slice": "a part of the rows, told by a column or two, that the network fails for",
    "suspicious labels": "labels that are others where networks that never saw them are sure",
    "calibration": "probabilities that come true more or less often than they say",
    "stronger baseline": "a baseline that is better than the network, and how to take it",
    "next step": "what to do next, first against bias, then against variance",
}
"""What a finding of a finished training may be called: `{name: what it is about}`."""

__all__ = [
    "CHECKS",
    "HISTORY_CHECKS",
    "RUN_CHECKS",
    "ErrorParts",
    "Lever",
    "Reliability",
    "Selection",
    "Searched",
    "activation_spread",
    "advise",
    "apply_change",
    "average_predictions",
    "bias_variance",
    "calibrated_scores",
    "calibration",
    "check",
    "check_bias_variance",
    "check_calibration",
    "check_collapse",
    "check_history",
    "check_inference_mode",
    "check_labels",
    "check_new_inputs",
    "check_penalty_gain",
    "check_selection_optimism",
    "check_subgroups",
    "check_unknown_values",
    "choose_temperature",
    "choose_threshold",
    "class_share",
    "decide",
    "decision_losses",
    "decision_step",
    "decompose_error",
    "decompose_predictions",
    "describe_inputs",
    "find_failing_slices",
    "find_label_issues",
    "find_levers",
    "find_value_issues",
    "gradient_by_lag",
    "gradient_norms",
    "judge",
    "layer_gallery",
    "layer_outputs",
    "may_be_luck",
    "measure_gain",
    "measure_gap",
    "measure_subgroups",
    "read_learning_curve",
    "select_members",
    "selection_luck",
    "smoothness",
    "strongest_baseline",
    "tile_images",
    "unit_images",
    "weigh_penalty",
    "worst_first",
]
