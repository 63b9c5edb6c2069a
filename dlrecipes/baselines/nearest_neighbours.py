"""Nearest neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.baselines.predictor import (
    Predictor,
    choose_on_validation,
    encode,
    probability_table,
    training_matrix,
)
from dlrecipes.data import Development

NEIGHBOURS = (1, 3, 5, 9, 15, 25)


def fit_nearest_neighbours(development: Development, *, seed: int = 0) -> Predictor:
    """Return nearest neighbours, their number chosen on validation.

    The columns of a table are standardised first; pixels share one scale and stay as they are.
    Of more than 20,000 training rows it remembers 20,000, drawn with `seed`.

    Args:
        development: Training and validation part.
        seed: Seed of that draw, at least 0.
    """
    from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
    from sklearn.preprocessing import StandardScaler

    spec = development.spec
    x, y = training_matrix(development.train, development.spec, seed=seed)
    table = spec.kind == "table"
    scaler = StandardScaler(with_mean=table, with_std=table).fit(x)
    scaled = scaler.transform(x)

    def fit(neighbours: int) -> Predictor:
        if spec.task == "regression":
            regressor = KNeighborsRegressor(n_neighbors=neighbours).fit(scaled, y)

            def predict_values(inputs: NDArray[Any]) -> NDArray[np.float64]:
                values = regressor.predict(scaler.transform(encode(inputs, spec)))
                return np.asarray(values, dtype=np.float64)

            return predict_values
        classifier = KNeighborsClassifier(n_neighbors=neighbours).fit(scaled, y)

        def predict(inputs: NDArray[Any]) -> NDArray[np.float64]:
            probabilities = classifier.predict_proba(scaler.transform(encode(inputs, spec)))
            return probability_table(probabilities, classifier.classes_, spec)

        return predict

    possible = [neighbours for neighbours in NEIGHBOURS if neighbours <= len(x)]
    return choose_on_validation(map(fit, possible), development)
