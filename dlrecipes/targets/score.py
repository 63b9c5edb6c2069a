"""Scores of predictions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.results import DataSpec, ThresholdGoal
from dlrecipes.targets.each_target import known_values, split_predictions
from dlrecipes.targets.kind import Array, Direction, Floats, TargetKind
from dlrecipes.targets.kinds import kind_of


def score_predictions(y: object, predictions: object, spec: DataSpec) -> dict[str, float]:
    """Return all metrics that fit the targets, computed by scikit-learn.

    Classes: `accuracy`, `log_loss`, `macro_f1` (over the classes that occur in targets or
    predictions), and for two classes, where both occur, `roc_auc` and `pr_auc` (average precision)
    of class 1. Numbers: `rmse`, `mae`, `mse`, and with two examples or more `r2`.

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
        >>> spec = dlr.data.load("breast_cancer").raw_spec
        >>> predictions = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
        >>> scores = dlr.targets.score_predictions(np.array([0, 1, 1]), predictions, spec)
        >>> {name: round(score, 3) for name, score in scores.items()}
        {'accuracy': 0.667, 'log_loss': 0.415, 'macro_f1': 0.667, 'roc_auc': 1.0, 'pr_auc': 1.0}
    """
    by_target = split_predictions(predictions, spec)
    skills: list[float] = []
    scores: dict[str, float] = {}
    for target in spec.targets:
        known, values = known_values(y, spec, target)
        if spec.keyed and not known.any():
            continue
        kind = kind_of(target)
        checked = kind.check(values, _of(known, by_target[target.name]))
        prefix = f"{target.name}_" if spec.keyed else ""
        scores |= {f"{prefix}{name}": value for name, value in kind.scores(*checked).items()}
        if spec.keyed:
            skills.append(1.0 - float(kind.losses(*checked).mean()) / target.base_loss)
    return {"skill": math.fsum(skills) / len(skills), **scores} if skills else scores


def target_metric(
    validation: Array, test: Array, spec: DataSpec, goal: ThresholdGoal | None = None
) -> tuple[str, Direction, str]:
    """Return the score that a network is judged by, whether it is better high or low, and why.

    Args:
        validation: Encoded targets of the validation part, whose shares no resampling changes.
        test: Those of the part that is judged.
        spec: The data's description.
        goal: What thresholds were chosen for, which is no score of its own; None without.
    """
    if spec.keyed:
        reason = "of several targets, it is the mean over them of the share of the base loss "
        return "skill", "max", f"{reason}that is predicted away"
    return kind_of(spec.target).judged_by(validation, test, goal)


def per_example_loss(y: object, predictions: object, spec: DataSpec) -> NDArray[np.float64]:
    """Return each example's loss: the mean is 1 - accuracy, the mean squared error or 1 - skill.

    Args:
        y: Class indices or values, `(examples,)`; of several targets `(examples, targets)`, NaN
            where missing.
        predictions: Probabilities `(examples, classes)`, two columns for two classes, or values
            `(examples,)` or `(examples, 1)`; of several targets as `join_predictions` gives them.
        spec: The data's description.

    Returns:
        `(examples,)`: 0 or 1 (misclassified), or the squared error; of several targets the
        example's share of the mean of both, each in units of the target's base loss.

    Raises:
        ArgumentError: If the shapes do not fit, or if a prediction is not finite or not a
            probability.

    Example:
        >>> spec = dlr.data.load("diabetes").raw_spec
        >>> dlr.targets.per_example_loss([100.0, 200.0], [110.0, 180.0], spec).tolist()
        [100.0, 400.0]
    """
    return _mean_losses(
        y,
        predictions,
        spec,
        lambda kind, y, predictions: kind.losses(y, predictions),
        lambda kind: float(kind.target.base_loss),
    )


def proper_losses(y: object, predictions: object, spec: DataSpec) -> NDArray[np.float64]:
    """Return each example's loss by which models are weighed: a log loss, or that of the values.

    Where the loss of `per_example_loss` counts mistakes, here it counts how sure a model was of the
    true class.

    Args:
        y: Class indices or values, `(examples,)`; of several targets `(examples, targets)`, NaN
            where missing.
        predictions: As for `per_example_loss`.
        spec: The data's description.

    Returns:
        `(examples,)`: the log loss, the squared error or the deviance; of several targets the
        example's share of the mean of them, each in units of what a model has that knows nothing.

    Raises:
        ArgumentError: If the shapes do not fit, or if a prediction is not finite or not a
            probability.

    Example:
        >>> spec = dlr.data.load("breast_cancer").raw_spec
        >>> predictions = np.array([[0.9, 0.1], [0.2, 0.8]])
        >>> dlr.targets.proper_losses(np.array([0, 0]), predictions, spec).round(3).tolist()
        [0.105, 1.609]
    """
    return _mean_losses(
        y,
        predictions,
        spec,
        lambda kind, y, predictions: kind.proper_losses(y, predictions),
        lambda kind: kind.proper_base,
    )


def _mean_losses(
    y: object,
    predictions: object,
    spec: DataSpec,
    measure: Callable[[TargetKind[Any], Array, Floats], Floats],
    base: Callable[[TargetKind[Any]], float],
) -> NDArray[np.float64]:
    """Return the mean over the targets of each example's losses, several ones as shares.

    Args:
        y: As for `per_example_loss`.
        predictions: Likewise.
        spec: Likewise.
        measure: Returns the losses of known targets.
        base: Returns what they are for a model that knows nothing; of several targets.
    """
    by_target = split_predictions(predictions, spec)
    shares = []
    for target in spec.targets:
        known, values = known_values(y, spec, target)
        if spec.keyed and not known.any():
            continue
        kind = kind_of(target)
        losses = np.zeros(len(known))
        checked = kind.check(values, _of(known, by_target[target.name]))
        losses[known] = measure(kind, *checked)
        if spec.keyed:  # the mean over all examples must be the mean over those that are known
            losses *= len(known) / known.sum() / base(kind)
        shares.append(losses)
    mean: NDArray[np.float64] = np.mean(shares, axis=0)
    return mean


def _of(known: NDArray[np.bool_], predictions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the predictions for some examples; those of another number are refused later."""
    return predictions[known] if len(predictions) == len(known) else predictions
