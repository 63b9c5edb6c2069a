"""Every score of predictions, by scikit-learn."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics


def probability_scores(y: NDArray[Any], probabilities: NDArray[np.float64]) -> dict[str, float]:
    """Return the scores of probabilities.

    `accuracy`, `log_loss`, `macro_f1` (over the classes that occur in targets or predictions), and
    for two classes, where both occur, `roc_auc` and `pr_auc` (average precision) of class 1.

    Args:
        y: Class indices, `(examples,)`.
        probabilities: `(examples, classes)`, each row with the sum 1.

    Example:
        >>> probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
        >>> scores = dlr.metrics.probability_scores(np.array([0, 1, 1]), probabilities)
        >>> round(scores["accuracy"], 3), scores["roc_auc"]
        (0.667, 1.0)
    """
    predicted, classes = probabilities.argmax(axis=1), probabilities.shape[1]
    scores = {
        "accuracy": float(metrics.accuracy_score(y, predicted)),
        "log_loss": float(metrics.log_loss(y, probabilities, labels=np.arange(classes))),
        "macro_f1": float(metrics.f1_score(y, predicted, average="macro", zero_division=0)),
    }
    if classes == 2 and len(np.unique(y)) == 2:
        scores["roc_auc"] = float(metrics.roc_auc_score(y, probabilities[:, 1]))
        scores["pr_auc"] = float(metrics.average_precision_score(y, probabilities[:, 1]))
    return scores


def value_scores(y: NDArray[Any], values: NDArray[np.float64]) -> dict[str, float]:
    """Return the scores of predicted numbers: `rmse`, `mae`, `mse`, of two examples or more `r2`.

    Args:
        y: True values, `(examples,)`.
        values: Predicted ones, `(examples,)`.

    Example:
        >>> scores = dlr.metrics.value_scores(np.array([1.0, 3.0]), np.array([2.0, 3.0]))
        >>> scores["mse"], scores["mae"], scores["r2"]
        (0.5, 0.5, 0.5)
    """
    mse = float(metrics.mean_squared_error(y, values))
    scores = {
        "rmse": math.sqrt(mse),
        "mae": float(metrics.mean_absolute_error(y, values)),
        "mse": mse,
    }
    if len(y) > 1:
        scores["r2"] = float(metrics.r2_score(y, values))
    return scores
