"""Scores of predictions."""

from __future__ import annotations

import math

import numpy as np
from sklearn import metrics

from dlrecipes.metrics.known_values import known_values
from dlrecipes.metrics.predictions import Predictions, Targets, check_predictions
from dlrecipes.metrics.split_predictions import split_predictions
from dlrecipes.results import DataSpec


def score_predictions(y: object, predictions: object, spec: DataSpec) -> dict[str, float]:
    """Return all metrics that fit the task, computed by scikit-learn.

    Classification: `accuracy`, `log_loss`, `macro_f1` (over the classes that occur in targets
    or predictions), and for two classes, where both occur, `roc_auc` and `pr_auc` (average
    precision) of class 1. Regression: `rmse`, `mae`, `mse`, and with two examples or more `r2`.

    Several targets: `skill`, and all of these for each target under its name
    (`diagnosis_accuracy`), over the examples whose target is known. Skill is the mean over the
    targets of `1 - loss / base loss`, the share of the base loss that is predicted away: the loss
    is the error rate or the mean squared error, and the base loss is that of the most frequent
    class, or the variance, in training. 1 is perfect, 0 as good as knowing nothing; of values it
    is R².

    Args:
        y: Class indices or values, `(examples,)`; of several targets `(examples, targets)`, NaN
            where missing.
        predictions: Probabilities `(examples, classes)`, two columns for two classes, or values
            `(examples,)` or `(examples, 1)`; of several targets as `join_predictions` gives them.
        spec: The data's description.

    Raises:
        ArgumentError: If the shapes do not fit, or if a prediction is not finite or not a
            probability.

    Example:
        >>> spec = dlr.data.load("breast_cancer").spec
        >>> predictions = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
        >>> scores = dlr.metrics.score_predictions(np.array([0, 1, 1]), predictions, spec)
        >>> {name: round(score, 3) for name, score in scores.items()}
        {'accuracy': 0.667, 'log_loss': 0.415, 'macro_f1': 0.667, 'roc_auc': 1.0, 'pr_auc': 1.0}
    """
    if spec.targets:
        return _score_targets(y, predictions, spec)
    targets, values = check_predictions(y, predictions, spec)
    if spec.task == "regression":
        return _score_values(targets, values)
    return _score_probabilities(targets, values, len(spec.classes))


def _score_targets(y: object, predictions: object, spec: DataSpec) -> dict[str, float]:
    by_target = split_predictions(predictions, spec)
    skills: list[float] = []
    scores: dict[str, float] = {}
    for target in spec.targets:
        known, values = known_values(y, spec, target)
        if not known.any():
            continue
        found = score_predictions(values, by_target[target.name][known], spec.of_target(target))
        loss = found["mse"] if target.task == "regression" else 1.0 - found["accuracy"]
        skills.append(1.0 - loss / target.base_loss)
        scores |= {f"{target.name}_{name}": value for name, value in found.items()}
    return {"skill": math.fsum(skills) / len(skills), **scores} if skills else {}


def _score_values(targets: Targets, values: Predictions) -> dict[str, float]:
    mse = float(metrics.mean_squared_error(targets, values))
    scores = {
        "rmse": math.sqrt(mse),
        "mae": float(metrics.mean_absolute_error(targets, values)),
        "mse": mse,
    }
    if len(targets) > 1:
        scores["r2"] = float(metrics.r2_score(targets, values))
    return scores


def _score_probabilities(targets: Targets, values: Predictions, classes: int) -> dict[str, float]:
    predicted = values.argmax(axis=1)
    scores = {
        "accuracy": float(metrics.accuracy_score(targets, predicted)),
        "log_loss": float(metrics.log_loss(targets, values, labels=np.arange(classes))),
        "macro_f1": float(metrics.f1_score(targets, predicted, average="macro", zero_division=0)),
    }
    if classes == 2 and len(np.unique(targets)) == 2:
        scores["roc_auc"] = float(metrics.roc_auc_score(targets, values[:, 1]))
        scores["pr_auc"] = float(metrics.average_precision_score(targets, values[:, 1]))
    return scores
