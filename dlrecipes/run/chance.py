"""The score of knowing nothing."""

from __future__ import annotations

from dlrecipes.results import BaselineResult, DataSpec, Objective
from dlrecipes.targets import named_targets

_NAMES = {
    "accuracy": "accuracy",
    "acc": "accuracy",
    "binary_accuracy": "accuracy",
    "categorical_accuracy": "accuracy",
    "sparse_categorical_accuracy": "accuracy",
    "mae": "mae",
    "mean_absolute_error": "mae",
    "mse": "mse",
    "mean_squared_error": "mse",
    "rmse": "rmse",
    "root_mean_squared_error": "rmse",
}


def chance_score(
    objective: Objective, baselines: dict[str, BaselineResult], spec: DataSpec
) -> float | None:
    """Return what the trivial baseline reaches in the objective; None where that is unknown.

    Args:
        objective: What the study optimises.
        baselines: The scored baselines.
        spec: The data.
    """
    trivial = next(iter(baselines.values())).validation
    # Of several targets metrics have the names that Keras gives them.
    name = objective.metric
    return trivial.get(name if named_targets(spec) else _NAMES.get(name, ""))
