"""What the network must beat, one baseline a file."""

from dlrecipes.baselines.constant_predictions import fit_majority_class, fit_mean
from dlrecipes.baselines.fit_baselines import BaselineFit, fit_baselines
from dlrecipes.baselines.gradient_boosting import TREES, fit_gradient_boosting, tree_baselines
from dlrecipes.baselines.logistic_regression import fit_logistic_regression
from dlrecipes.baselines.naive_forecast import fit_naive_forecasts
from dlrecipes.baselines.nearest_neighbours import fit_nearest_neighbours
from dlrecipes.baselines.penalised_regression import fit_poisson_regression, fit_ridge_regression
from dlrecipes.baselines.predictor import (
    Baseline,
    Estimator,
    FittedBaseline,
    FittedModel,
    Predictor,
)
from dlrecipes.baselines.tfidf_regression import fit_tfidf_regression

__all__ = [
    "TREES",
    "Baseline",
    "BaselineFit",
    "Estimator",
    "FittedBaseline",
    "FittedModel",
    "Predictor",
    "fit_baselines",
    "fit_gradient_boosting",
    "fit_logistic_regression",
    "fit_majority_class",
    "fit_mean",
    "fit_naive_forecasts",
    "fit_nearest_neighbours",
    "fit_poisson_regression",
    "fit_ridge_regression",
    "fit_tfidf_regression",
    "tree_baselines",
]
