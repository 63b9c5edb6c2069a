"""Baselines that predict the same for every example: the most frequent class, the mean target."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.baselines.predictor import FittedModel
from dlrecipes.data import Development


def fit_majority_class(development: Development, *, seed: int = 0) -> FittedModel:
    """Return a predictor of the class shares in the training part, whatever the input.

    Its accuracy is the most frequent class's share, its log loss the entropy of the classes.

    Args:
        development: Training and validation part of a classification task.
        seed: Not used, nothing here is random.
    """
    counts = np.bincount(development.train.y, minlength=development.model_spec.target.columns)
    shares = counts / counts.sum()

    def predict(x: NDArray[Any]) -> NDArray[np.float64]:
        return np.tile(shares, (len(x), 1))

    return FittedModel(predict)


def fit_mean(development: Development, *, seed: int = 0) -> FittedModel:
    """Return a predictor of the mean training target, whatever the input: R² is about 0.

    Args:
        development: Training and validation part of a regression task.
        seed: Not used, nothing here is random.
    """
    mean = float(development.train.y.mean(dtype=np.float64))

    def predict(x: NDArray[Any]) -> NDArray[np.float64]:
        return np.full(len(x), mean)

    return FittedModel(predict)
