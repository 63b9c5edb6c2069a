"""Ridge regression."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.baselines.predictor import (
    Predictor,
    choose_on_validation,
    encode,
    training_matrix,
)
from dlrecipes.data import Development

PENALTIES = (0.01, 0.1, 1.0, 10.0, 100.0, 1000.0)


def fit_ridge_regression(development: Development, *, seed: int = 0) -> Predictor:
    """Return a ridge regression on standardised inputs, its L2 penalty chosen on validation.

    Of more than 20,000 training rows it sees 20,000, drawn with `seed`.

    Args:
        development: Training and validation part of a regression task.
        seed: Seed of that draw, at least 0.
    """
    from sklearn.linear_model import Ridge
    from sklearn.preprocessing import StandardScaler

    spec = development.spec
    x, y = training_matrix(development.train, spec, seed=seed)
    scaler = StandardScaler().fit(x)
    scaled = scaler.transform(x)

    def fit(penalty: float) -> Predictor:
        model = Ridge(alpha=penalty).fit(scaled, y)

        def predict(inputs: NDArray[Any]) -> NDArray[np.float64]:
            values: NDArray[np.float64] = model.predict(scaler.transform(encode(inputs, spec)))
            return values

        return predict

    return choose_on_validation(map(fit, PENALTIES), development)
