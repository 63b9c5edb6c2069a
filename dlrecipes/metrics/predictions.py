"""The form that predictions and targets must have."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.errors import ArgumentError
from dlrecipes.results import DataSpec, plural

Targets = NDArray[Any]
Predictions = NDArray[np.float64]


def check_predictions(
    y: object, predictions: object, spec: DataSpec
) -> tuple[Targets, Predictions]:
    """Return targets and predictions in float64, probabilities normalised to sum 1.

    Args:
        y: Class indices or values, `(examples,)`.
        predictions: Probabilities `(examples, classes)`, or values `(examples,)` or
            `(examples, 1)`.
        spec: The data's description.

    Raises:
        ArgumentError: If the shapes do not fit, or if a prediction is not finite or, as a
            probability, negative.
    """
    targets = np.asarray(y).reshape(-1)
    values = np.asarray(predictions, dtype=np.float64)
    if spec.task == "regression":
        if values.ndim == 2 and values.shape[1] == 1:
            values = values[:, 0]
        expected: tuple[int, ...] = (len(targets),)
    else:
        expected = (len(targets), len(spec.classes))
    if not len(targets) or values.shape != expected:
        raise ArgumentError(
            f"`predictions` must have the shape {expected}, with at least one row.",
            received=f"predictions.shape={values.shape}",
            fix=""
            if spec.task == "regression"
            else "One probability a class is needed, for two classes as well.",
        )
    if not np.isfinite(values).all():
        raise ArgumentError(
            "`predictions` must be finite numbers.",
            received=f"NaN or infinity in {plural(int((~np.isfinite(values)).sum()), 'place')}",
        )
    if spec.task == "regression":
        return targets.astype(np.float64), values
    sums = values.sum(axis=1, keepdims=True)
    if (values < 0).any() or (np.abs(sums - 1) > 0.05).any():
        raise ArgumentError(
            "`predictions` must be probabilities that sum to 1 in each row.",
            received=f"values in [{values.min():g}, {values.max():g}], "
            f"sums in [{sums.min():g}, {sums.max():g}]",
            fix="Put a softmax or a sigmoid behind logits.",
        )
    # Half-precision outputs miss 1 by up to a per cent, which scikit-learn warns about.
    return targets.astype(np.int64), values / sums
