"""All baselines that fit the task."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from dlrecipes.baselines.calm_threads import calm_threads
from dlrecipes.baselines.gradient_boosting import fit_gradient_boosting
from dlrecipes.baselines.logistic_regression import fit_logistic_regression
from dlrecipes.baselines.majority_class import fit_majority_class
from dlrecipes.baselines.mean import fit_mean
from dlrecipes.baselines.naive_forecast import fit_naive_forecasts
from dlrecipes.baselines.nearest_neighbours import fit_nearest_neighbours
from dlrecipes.baselines.of_each_target import fit_of_each_target
from dlrecipes.baselines.predictor import Baseline, on_inputs
from dlrecipes.baselines.ridge_regression import fit_ridge_regression
from dlrecipes.baselines.tfidf_regression import fit_tfidf_regression
from dlrecipes.checks import check_integer
from dlrecipes.data import Development, Split

CLASSIFICATION = {
    "majority class": fit_majority_class,
    "logistic regression": fit_logistic_regression,
    "nearest neighbours": fit_nearest_neighbours,
}
REGRESSION = {
    "mean": fit_mean,
    "ridge regression": fit_ridge_regression,
    "nearest neighbours": fit_nearest_neighbours,
}


def fit_baselines(development: Development, *, seed: int = 0) -> dict[str, Baseline]:
    """Return the fitted baselines of the task, `{name: baseline}`.

    They see what the network sees: preprocessed training and validation data. Values that have a
    time are compared with naive forecasts, too (`fit_naive_forecasts`). A baseline takes a
    preprocessed part. Several targets have a baseline of each kind together
    (`fit_of_each_target`).

    Args:
        development: Training and validation part.
        seed: Seed of all that is random in them, at least 0.

    Raises:
        ArgumentError: If the seed is not a whole number of at least 0.
    """
    check_integer("seed", seed, 0)
    if development.spec.targets:
        return fit_of_each_target(development, partial(fit_baselines, seed=seed))
    chosen = REGRESSION if development.spec.task == "regression" else CLASSIFICATION
    if development.spec.kind == "text":
        simple = "mean" if development.spec.task == "regression" else "majority class"
        chosen = {simple: chosen[simple], "regression on TF-IDF": fit_tfidf_regression}
    if development.spec.kind == "table":
        chosen = {**chosen, "boosted trees": fit_gradient_boosting}
    size = development.train.array.size
    with calm_threads(size):
        predictors = {name: fit(development, seed=seed) for name, fit in chosen.items()}
    fitted = {name: _calm(on_inputs(one), size) for name, one in predictors.items()}
    if development.spec.task == "regression" and development.train.time is not None:
        fitted |= fit_naive_forecasts(development)
    return fitted


def _calm(baseline: Baseline, size: int) -> Baseline:
    def predict(part: Split) -> NDArray[np.float64]:
        with calm_threads(size):
            return baseline(part)

    return predict
