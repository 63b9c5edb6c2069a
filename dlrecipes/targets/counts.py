"""Targets that are counts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.results import CountTarget, significant
from dlrecipes.targets.kind import Array, Floats, OutputKind, Scores
from dlrecipes.targets.output_layer import OutputLayer, output_layer
from dlrecipes.targets.values import NumberKind, poisson_deviance

_LEAST = 1e-3
"""Of the mean, what a prediction is at least taken for: 0 would say that it can never happen."""
_MOST = 100.0
"""Of mean and standard deviation, where an exponential far from the training data is cut."""


class CountKind(NumberKind[CountTarget]):
    """How often something happened, judged by the Poisson deviance.

    The network puts out the expected count, the exponential of what it learns. Reference:
    McCullagh and Nelder 1989, Generalized Linear Models, chapter 6.
    """

    made = CountTarget
    task = "count"
    main_metric = "deviance"
    why = "it is what the likelihood of a count measures a prediction by"
    linear = "Poisson regression"
    trees_loss = "poisson"
    adds_up = False
    strengths = ("penalty", (1e-4, 1e-3, 1e-2, 0.1))

    # ---- data

    @classmethod
    def encode(cls, y: Array, classes: Sequence[str] | None) -> tuple[Array, CountTarget]:
        values, target = super().encode(y, classes)
        wrong = (values < 0) | (values != np.round(values))
        if wrong.any():
            raise DataError(
                "Counts must be whole numbers from 0 on.",
                received=f"{float(values[wrong][0]):g} in row {int(np.argmax(wrong))}",
                fix="Pass task='regression' for other numbers.",
            )
        return values, target

    def describe(self, y: Array, sample_weight: Array | None = None) -> CountTarget:
        """Return it with mean and deviance by the weights: of rates those are the exposures."""
        values = y.astype(np.float64)
        mean = float(np.average(values, weights=sample_weight))
        losses = poisson_deviance(values, np.full(len(y), max(mean, 1e-30)))
        deviance = float(np.average(losses, weights=sample_weight))
        return replace(super().describe(y), mean=mean, deviance=deviance or 1.0)

    def seen(self, y: Array) -> str:
        low, high = significant(float(y.min())), significant(float(y.max()))
        said = f"a count, in the training part from {low} to {high}"
        return said if not self.target.exposure else f"{said} for each {self.target.exposure!r}"

    # ---- network

    def head(
        self,
        x: keras.KerasTensor,
        *,
        penalty: keras.regularizers.Regularizer | None,
        bias: list[float] | None,
        name: str,
        layer: OutputLayer = output_layer,
    ) -> keras.KerasTensor:
        """Learn the logarithm of the count relative to the mean."""
        mean = max(self.target.mean, 1e-30)
        if bias is not None:
            bias = [math.log(max(value, 1e-30) / mean) for value in bias]
        last = layer(1, penalty=penalty, output_bias=bias, name=name)
        dtype = last.dtype_policy
        log = keras.layers.Rescaling(1.0, math.log(mean), dtype=dtype, name=f"{name}_log")
        return keras.layers.Activation("exponential", dtype=dtype, name=f"{name}_count")(
            log(last(x))
        )

    def loss(self, ordinal: str) -> keras.losses.Loss:
        return keras.losses.Poisson()

    def start_loss(self, ordinal: str) -> float:
        """Return how far the mean is from a perfect prediction: half the deviance."""
        return self.target.deviance / 2

    def metric(self) -> keras.metrics.Metric:
        return keras.metrics.RootMeanSquaredError(name="rmse")

    def predictions(self, outputs: keras.KerasTensor, kind: OutputKind) -> keras.KerasTensor:
        """Return counts: what a layer of the user's own puts out below 0 is 0."""
        return keras.ops.maximum(super().predictions(outputs, kind), 0.0)

    # ---- scores

    def check(self, y: object, predictions: object) -> tuple[Array, Floats]:
        targets, values = super().check(y, predictions)
        if (values < 0).any():
            raise ArgumentError(
                "Predicted counts must not be negative.", received=f"{float(values.min()):g}"
            )
        return targets, np.maximum(values, _LEAST * self.target.mean or _LEAST)

    def scores(self, y: Array, predictions: Floats) -> Scores:
        losses = self.losses(y, predictions)
        return {"deviance": float(losses.mean()), **super().scores(y, predictions)}

    def losses(self, y: Array, predictions: Floats) -> Floats:
        return poisson_deviance(y, predictions)

    def cost(self, scores: Mapping[str, float]) -> tuple[float, float]:
        return scores["deviance"], scores["rmse"]

    # ---- baselines

    def average(self, neighbours: Array) -> Floats:
        """Return the mean of the neighbours and one more, the mean: none alone can say never."""
        total = neighbours.sum(axis=1, dtype=np.float64) + self.target.mean
        mean: Floats = total / (neighbours.shape[1] + 1)
        return mean

    def linear_model(self, strength: float) -> Any:  # noqa: ANN401
        from sklearn.linear_model import PoissonRegressor

        return PoissonRegressor(alpha=strength, max_iter=300)

    def estimate(self, estimator: Any, x: Any) -> Floats:  # noqa: ANN401
        with np.errstate(over="ignore"):
            found = super().estimate(estimator, x)
        cut: Floats = np.minimum(found, _MOST * (self.target.mean + self.target.std))
        return cut
