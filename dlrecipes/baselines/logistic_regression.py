"""Logistic regression."""

from __future__ import annotations

import warnings
from copy import deepcopy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.baselines.predictor import (
    LARGE,
    Predictor,
    choose_on_validation,
    encode,
    probability_table,
    training_matrix,
)
from dlrecipes.data import Development

INVERSE_PENALTIES = (0.001, 0.01, 0.1, 1.0, 10.0)
MAX_ITERATIONS = 300


def fit_logistic_regression(development: Development, *, seed: int = 0) -> Predictor:
    """Return a logistic regression on standardised inputs, its L2 penalty chosen on validation.

    Of more than 20,000 training rows it sees 20,000, drawn with `seed`. On large inputs it stops
    after 30 iterations a penalty instead of 300.

    Args:
        development: Training and validation part of a classification task.
        seed: Seed of that draw, at least 0.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    x, y = training_matrix(development.train, development.spec, seed=seed)
    scaler = StandardScaler().fit(x)
    scaled = scaler.transform(x)
    iterations = MAX_ITERATIONS if scaled.size < LARGE else MAX_ITERATIONS // 10

    # From the strongest penalty to the weakest, each from where the last one ended.
    path = LogisticRegression(max_iter=iterations, warm_start=True)

    def fit(inverse_penalty: float) -> Predictor:
        with warnings.catch_warnings():
            # A baseline that has nearly converged is a baseline all the same.
            warnings.simplefilter("ignore", ConvergenceWarning)
            path.set_params(C=inverse_penalty).fit(scaled, y)
        model = deepcopy(path)

        def predict(inputs: NDArray[Any]) -> NDArray[np.float64]:
            probabilities = model.predict_proba(scaler.transform(encode(inputs, development.spec)))
            return probability_table(probabilities, model.classes_, development.spec)

        return predict

    return choose_on_validation(map(fit, INVERSE_PENALTIES), development)
