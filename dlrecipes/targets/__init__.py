"""What is predicted, one file a kind: all that follows from what a target is."""

from dlrecipes.targets.each_target import (
    join_predictions,
    known_values,
    split_predictions,
    target_columns,
)
from dlrecipes.targets.kind import OutputKind, TargetKind
from dlrecipes.targets.kinds import OF_TASK, TASKS, kind_of
from dlrecipes.targets.objective import loss_and_metrics
from dlrecipes.targets.score import per_example_loss, score_predictions

__all__ = [
    "OF_TASK",
    "TASKS",
    "OutputKind",
    "TargetKind",
    "join_predictions",
    "kind_of",
    "known_values",
    "loss_and_metrics",
    "per_example_loss",
    "score_predictions",
    "split_predictions",
    "target_columns",
]
