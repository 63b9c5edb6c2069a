"""LightGBM's and CatBoost's trees behind the methods of scikit-learn's estimators."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from dlrecipes.baselines.grow_trees import LIGHTGBM, NativeTrees, catboost_pool
from dlrecipes.baselines.predictor import LARGE, free_cores
from dlrecipes.errors import ArgumentError


class NativeEstimator(BaseEstimator):
    """Trees that have grown already, as an estimator that predicts.

    Args:
        trees: The trees; the library that has grown them must be installed.

    Attributes:
        classes_: What the columns of the probabilities stand for; only of classes.
    """

    def __init__(self, trees: NativeTrees) -> None:
        self.trees = trees
        self._model = _lightgbm(trees) if trees.library == LIGHTGBM else _catboost(trees)
        if trees.classes is not None:
            self.classes_ = np.asarray(trees.classes)

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def fit(self, x: object, y: object = None) -> NativeEstimator:
        """Refuse: these trees have grown.

        Raises:
            ArgumentError: Always.
        """
        raise ArgumentError(
            "The trees of a baseline have grown, and cannot be fitted to other rows.",
            fix=f"Use {self.trees.library} itself.",
        )

    def predict(self, x: NDArray[Any]) -> NDArray[Any]:
        """Return values `(rows,)`, or the most probable of `classes_`.

        Args:
            x: Inputs, `(rows, columns)`.
        """
        if self.trees.classes is None:
            return self._raw(x)
        found: NDArray[Any] = self.classes_[self.predict_proba(x).argmax(axis=1)]
        return found

    def predict_proba(self, x: NDArray[Any]) -> NDArray[np.float64]:
        """Return probabilities, `(rows, classes)`.

        Args:
            x: Inputs, `(rows, columns)`.
        """
        found = self._raw(x)
        return np.stack([1 - found, found], axis=1) if found.ndim == 1 else found

    def _raw(self, x: NDArray[Any]) -> NDArray[np.float64]:
        threads = 1 if x.size < LARGE else free_cores(busy_here=1)
        if self.trees.library == LIGHTGBM:
            return np.asarray(self._model.predict(x, num_threads=threads), dtype=np.float64)
        kinds = {"log_loss": "Probability", "poisson": "Exponent"}
        found = self._model.predict(
            catboost_pool(x, self.trees.categories),
            prediction_type=kinds.get(self.trees.loss, "RawFormulaVal"),
            thread_count=threads,
        )
        return np.asarray(found, dtype=np.float64)


def _lightgbm(trees: NativeTrees) -> Any:  # noqa: ANN401  (of LightGBM)
    import lightgbm

    text = trees.data if isinstance(trees.data, str) else trees.data.decode()
    return lightgbm.Booster(model_str=text)


def _catboost(trees: NativeTrees) -> Any:  # noqa: ANN401  (of CatBoost)
    import catboost

    with tempfile.TemporaryDirectory(prefix="dlrecipes-catboost-") as folder:
        file = Path(folder) / "trees.cbm"
        file.write_bytes(trees.data if isinstance(trees.data, bytes) else trees.data.encode())
        return catboost.CatBoost().load_model(str(file))
