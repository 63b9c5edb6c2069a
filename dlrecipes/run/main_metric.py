"""The metric that a run is judged by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dlrecipes.data import Split
from dlrecipes.metrics import average_precision_shares, per_example_loss
from dlrecipes.results import DataSpec

RARE = 0.1


@dataclass(frozen=True)
class MainMetric:
    """The metric that a run is judged by.

    Args:
        name: Its name among the scores.
        words: Its name in the verdict.
        direction: Whether it is better high or low.
    """

    name: Literal["accuracy", "pr_auc", "rmse", "skill"]
    words: str
    direction: Literal["max", "min"]

    def losses(self, y: object, predictions: object, spec: DataSpec) -> NDArray[np.float64]:
        """Return each example's part in it, as a loss, for paired comparisons.

        Args:
            y: Class indices or values, `(examples,)`; of several targets `(examples, targets)`.
            predictions: Probabilities `(examples, classes)`, or values; of several targets both,
                side by side.
            spec: The data's description.
        """
        if self.name == "pr_auc":
            return -average_precision_shares(y, predictions, spec)
        return per_example_loss(y, predictions, spec)


def main_metric(spec: DataSpec, validation: Split, test: Split) -> MainMetric:
    """Return the metric for some data.

    Accuracy for classes, the root of the mean squared error for values, and the skill for several
    targets (`score_predictions`). Where class 1 of two is
    rarer than a tenth, accuracy says little: the area under the precision-recall curve.

    Args:
        spec: The data's description.
        validation: The validation part, whose shares no resampling changes.
        test: The test part.
    """
    if spec.targets:
        return MainMetric("skill", "skill", "max")
    if spec.task == "regression":
        return MainMetric("rmse", "mean squared error", "min")
    rare = spec.task == "binary" and float(np.mean(validation.y)) < RARE
    if rare and int(np.sum(test.y)) > 1:
        return MainMetric("pr_auc", "average precision", "max")
    return MainMetric("accuracy", "accuracy", "max")
