"""The loss of each example, for paired comparisons."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dlrecipes.metrics.known_values import known_values
from dlrecipes.metrics.predictions import check_predictions
from dlrecipes.metrics.split_predictions import split_predictions
from dlrecipes.results import DataSpec


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
        >>> spec = dlr.data.load("diabetes").spec
        >>> dlr.metrics.per_example_loss([100.0, 200.0], [110.0, 180.0], spec).tolist()
        [100.0, 400.0]
    """
    if spec.targets:
        return _joint_loss(y, predictions, spec)
    targets, values = check_predictions(y, predictions, spec)
    losses: NDArray[np.float64]
    if spec.task == "regression":
        losses = np.square(values - targets)
    else:
        losses = (values.argmax(axis=1) != targets).astype(np.float64)
    return losses


def _joint_loss(y: object, predictions: object, spec: DataSpec) -> NDArray[np.float64]:
    by_target = split_predictions(predictions, spec)
    shares = []
    for target in spec.targets:
        known, values = known_values(y, spec, target)
        if not known.any():
            continue
        losses = np.zeros(len(known))
        found = per_example_loss(values, by_target[target.name][known], spec.of_target(target))
        # The mean over all examples must be the mean over those that are known.
        losses[known] = found * len(known) / known.sum() / target.base_loss
        shares.append(losses)
    mean: NDArray[np.float64] = np.mean(shares, axis=0)
    return mean
