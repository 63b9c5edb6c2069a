"""What is compared between subgroups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.results import DataSpec
from dlrecipes.targets import kind_of


@dataclass(frozen=True, eq=False)
class Measure:
    """A mean over examples.

    Args:
        name: What it is called.
        values: What it is the mean of, booleans or numbers, `(examples,)`.
        counted: Which examples it is the mean over, `(examples,)`.
        gap: What a difference of it between groups is called; empty if it says nothing of the
            network.
        root: Whether it is the square root of that mean.
    """

    name: str
    values: NDArray[Any]
    counted: NDArray[np.bool_]
    gap: str = ""
    root: bool = False


def group_measures(
    y: object, predictions: object, spec: DataSpec, threshold: float | None = None
) -> tuple[tuple[Measure, ...], NDArray[np.bool_] | None]:
    """Return the measures of a group, and which examples are classified right.

    Of two classes: `prevalence`, `selection_rate`, `accuracy`, `true_positive_rate`,
    `false_positive_rate`, `precision`, and `calibration`, the mean probability of class 1 minus
    its share. Of more: `accuracy` and `calibration`, the mean probability of the predicted class
    minus the accuracy. Of values: `rmse` and `mean_error`, predicted minus true. An expected
    calibration error is not among them: it grows as a group shrinks.

    Args:
        y: Class indices or values, `(examples,)`.
        predictions: Probabilities `(examples, classes)`, or values `(examples,)`.
        spec: The data's description.
        threshold: Probability from which on an example is called class 1, of two; None for the
            more probable class.

    Returns:
        The measures; and `(examples,)`, None for regression.

    Raises:
        ArgumentError: If the shapes do not fit, or if a prediction is not finite or not a
            probability.
    """
    targets, values = kind_of(spec.target).check(y, predictions)
    everyone = np.ones(len(targets), dtype=bool)
    if not spec.target.class_names:
        error = values - targets
        return (
            Measure("rmse", np.square(error), everyone, "RMSE difference", root=True),
            Measure("mean_error", error, everyone, "mean error difference"),
        ), None
    predicted = values.argmax(axis=1)
    if len(spec.target.class_names) > 2:
        right = predicted == targets
        sure = values.max(axis=1) - right
        return (
            Measure("accuracy", right, everyone, "accuracy difference"),
            Measure("calibration", sure, everyone, "calibration difference"),
        ), right
    positive = targets == 1
    called = predicted == 1
    if threshold is not None:  # as it is: normalised, a probability may cross the threshold
        called = np.asarray(predictions, dtype=np.float64)[:, 1] >= threshold
    right = called == positive
    return (
        Measure("prevalence", positive, everyone),
        Measure("selection_rate", called, everyone, "demographic parity difference"),
        Measure("accuracy", right, everyone, "accuracy difference"),
        Measure("true_positive_rate", called, positive, "equal opportunity difference"),
        Measure("false_positive_rate", called, ~positive, "false positive rate difference"),
        Measure("precision", positive, called, "predictive parity difference"),
        Measure("calibration", values[:, 1] - positive, everyone, "calibration difference"),
    ), right
