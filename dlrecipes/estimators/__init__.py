"""Recipes as scikit-learn estimators: fitted on arrays and data frames, scored by their user."""

from dlrecipes.estimators.tabular import TabularClassifier, TabularRegressor

__all__ = ["TabularClassifier", "TabularRegressor"]
