"""Gradient-boosted trees."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.baselines.predictor import (
    Predictor,
    choose_on_validation,
    flatten,
    probability_table,
)
from dlrecipes.data import Development

LEARNING_RATES = (0.05, 0.2)
MOST_TREES = 300
# scikit-learn's own limit for a column of categories.
_MOST_CATEGORIES = 255


def fit_gradient_boosting(development: Development, *, seed: int = 0) -> Predictor:
    """Return gradient-boosted trees, the strongest simple model for most tables.

    They see all training rows, categories as categories. The learning rate is chosen on the
    validation part; the number of trees by early stopping on a tenth of the training part.

    Args:
        development: Training and validation part of a table.
        seed: Seed of the trees, at least 0.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    spec, train = development.spec, development.train
    x, y = flatten(train.array), train.y
    categories = [
        feature.kind == "category" and feature.size <= _MOST_CATEGORIES for feature in spec.features
    ]
    regression = spec.task == "regression"
    # The part for early stopping is stratified: of each class it needs two examples.
    rarest = 2 if regression else int(np.unique(y, return_counts=True)[1].min())
    early = len(x) >= 100 and rarest >= 2
    kind = HistGradientBoostingRegressor if regression else HistGradientBoostingClassifier

    def fit(rate: float) -> Predictor:
        trees = kind(
            learning_rate=rate,
            max_iter=MOST_TREES,
            early_stopping=early,
            categorical_features=np.array(categories) if any(categories) else None,
            random_state=seed,
        ).fit(x, y)

        def predict(inputs: NDArray[Any]) -> NDArray[np.float64]:
            if regression:
                return np.asarray(trees.predict(flatten(inputs)), dtype=np.float64)
            probabilities = trees.predict_proba(flatten(inputs))
            return probability_table(probabilities, trees.classes_, spec)

        return predict

    return choose_on_validation(map(fit, LEARNING_RATES), development)
