"""The loss of each example, for paired comparisons."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dlrecipes.metrics.predictions import check_predictions
from dlrecipes.results import DataSpec


def per_example_loss(y: object, predictions: object, spec: DataSpec) -> NDArray[np.float64]:
    """Return each example's loss, whose mean is 1 - accuracy, or the mean squared error.

    Args:
        y: Class indices or values, `(examples,)`.
        predictions: Probabilities `(examples, classes)`, two columns for two classes, or values
            `(examples,)` or `(examples, 1)`.
        spec: The data's description.

    Returns:
        `(examples,)`: 0 or 1 (misclassified), or the squared error.

    Raises:
        ArgumentError: If the shapes do not fit, or if a prediction is not finite or not a
            probability.
    """
    targets, values = check_predictions(y, predictions, spec)
    losses: NDArray[np.float64]
    if spec.task == "regression":
        losses = np.square(values - targets)
    else:
        losses = (values.argmax(axis=1) != targets).astype(np.float64)
    return losses
