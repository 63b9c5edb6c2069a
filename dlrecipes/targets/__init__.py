"""What is predicted, one file a kind: all that follows from what a target is."""

from dlrecipes.targets.classes import rare_below
from dlrecipes.targets.each_target import (
    if_named,
    join_predictions,
    known_values,
    named_targets,
    number_columns,
    split_predictions,
    target_columns,
)
from dlrecipes.targets.form import by_name, in_form, keras_targets, shaped_targets
from dlrecipes.targets.kind import Measure, OutputKind, TargetKind
from dlrecipes.targets.kinds import OF_TASK, TASKS, kind_of
from dlrecipes.targets.link import usual_link, with_link
from dlrecipes.targets.objective import loss_and_metrics
from dlrecipes.targets.only_target import check_classes, check_counts, gap_measures, has_threshold
from dlrecipes.targets.score import (
    per_example_loss,
    proper_losses,
    score_predictions,
    target_metric,
)
from dlrecipes.targets.strata import least_of_part, row_labels, strata

__all__ = [
    "OF_TASK",
    "TASKS",
    "Measure",
    "OutputKind",
    "TargetKind",
    "by_name",
    "check_classes",
    "check_counts",
    "gap_measures",
    "has_threshold",
    "if_named",
    "in_form",
    "join_predictions",
    "keras_targets",
    "kind_of",
    "known_values",
    "least_of_part",
    "loss_and_metrics",
    "named_targets",
    "number_columns",
    "per_example_loss",
    "proper_losses",
    "rare_below",
    "row_labels",
    "score_predictions",
    "shaped_targets",
    "split_predictions",
    "strata",
    "target_columns",
    "target_metric",
    "usual_link",
    "with_link",
]
