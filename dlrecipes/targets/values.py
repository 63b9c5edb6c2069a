"""Targets that are numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Generic, TypeVar

import keras
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlrecipes.errors import DataError
from dlrecipes.metrics import value_scores
from dlrecipes.results import CountTarget, ThresholdGoal, ValueTarget, plural, significant
from dlrecipes.targets.classes import check_shape
from dlrecipes.targets.kind import Array, Direction, Floats, Measure, OutputKind, Scores, TargetKind
from dlrecipes.targets.link import deviance_loss, inverse_softplus
from dlrecipes.targets.output_layer import OutputLayer, output_layer

_LEAST_ROOT = 1e-6
"""Of the scale of roots: what an output is at least told to begin with."""
Numbered = TypeVar("Numbered", ValueTarget, CountTarget)


class NumberKind(TargetKind[Numbered], Generic[Numbered]):
    """What all numbers share: one prediction, judged by its distance."""

    minimum = 2  # R² of a part
    dtype = np.float32
    main_metric = "rmse"
    why: ClassVar[str] = "it is in the units of the target"
    """Why a network is judged by its main metric, to follow "because"."""
    trivial = "mean"
    puts_out_values = True
    has_forecasts = True
    adds_up = True

    # ---- data

    @classmethod
    def encode(cls, y: Array, classes: Sequence[str] | None) -> tuple[Array, Numbered]:
        if classes is not None:
            raise DataError("A regression target has no classes.", received=f"classes={classes!r}")
        return _values(y), cls.made()

    def describe(self, y: Array, sample_weight: Array | None = None) -> Numbered:
        values = y.astype(np.float64)
        return replace(
            self.target, mean=float(values.mean()), std=float(values.std()), known=len(y)
        )

    def strata(self, y: Array) -> NDArray[np.int64]:
        return np.zeros(len(y), np.int64)

    def seen(self, y: Array) -> str:
        low, high = significant(float(y.min())), significant(float(y.max()))
        return f"a number, in the training part from {low} to {high}"

    @property
    def summary(self) -> str:
        return f"{self.target.task}, {self.target.known:,} known"

    # ---- network

    @property
    def widths(self) -> tuple[int, ...]:
        return (1,)

    def start_bias(self) -> list[float]:
        return [self.target.mean]

    def output_kind(self, tell: Callable[[], OutputKind]) -> OutputKind:
        return "values"

    def predictions(self, outputs: keras.KerasTensor, kind: OutputKind) -> keras.KerasTensor:
        return keras.ops.reshape(outputs, (-1,))

    def answers(self, predictions: keras.KerasTensor) -> dict[str, keras.KerasTensor]:
        return {"value": predictions}

    # ---- scores

    def check(self, y: object, predictions: object) -> tuple[Array, Floats]:
        targets = np.asarray(y).reshape(-1)
        values = np.asarray(predictions, dtype=np.float64)
        if values.ndim == 2 and values.shape[1] == 1:
            values = values[:, 0]
        check_shape(values, (len(targets),))
        return targets.astype(np.float64), values

    def fits(self, y: Array, predictions: Array) -> bool:
        return predictions.shape[1:] == y.shape

    def scores(self, y: Array, predictions: Floats) -> Scores:
        return value_scores(y, predictions)

    def losses(self, y: Array, predictions: Floats) -> Floats:
        squares: Floats = np.square(predictions - y)
        return squares

    def judged_by(
        self, validation: Array, test: Array, goal: ThresholdGoal | None
    ) -> tuple[str, Direction, str]:
        return self.main_metric, "min", self.why

    def group_measures(
        self, y: object, predictions: object, threshold: float | None = None
    ) -> tuple[tuple[Measure, ...], None]:
        """Return `rmse` and `mean_error`, predicted minus true."""
        targets, values = self.check(y, predictions)
        everyone, error = np.ones(len(targets), dtype=bool), values - targets
        return (
            Measure("rmse", np.square(error), everyone, "RMSE difference", root=True),
            Measure("mean_error", error, everyone, "mean error difference"),
        ), None

    @property
    def gap_measures(self) -> tuple[str, ...]:
        return ("rmse", "mean error")

    def cost(self, scores: Mapping[str, float]) -> tuple[float, float]:
        return scores["rmse"], 0.0

    # ---- answers for people

    def table(self, predictions: Array, least: float | None) -> pd.DataFrame:
        return pd.DataFrame({"value": predictions})

    def badness(self, y: Array, predictions: Floats) -> Floats:
        errors: Floats = np.nan_to_num(np.abs(predictions - y))
        return errors

    def mistake(self, y: Any, prediction: Any) -> tuple[float, float, float]:  # noqa: ANN401
        return float(y), float(prediction), float(prediction) - float(y)

    # ---- baselines

    def average(self, neighbours: Array) -> Floats:
        mean: Floats = neighbours.mean(axis=1, dtype=np.float64)
        return mean

    def estimate(self, estimator: Any, x: Any) -> Floats:  # noqa: ANN401
        return np.asarray(estimator.predict(x), dtype=np.float64)

    def telling(self, y: Array, centred: Array) -> Floats:
        together: Floats = np.abs((y - y.mean()) @ centred)
        return together


class ValueKind(NumberKind[ValueTarget]):
    """Any number."""

    task = "regression"
    made = ValueTarget
    linear = "ridge regression"
    trees_loss = "squared_error"
    strengths = ("penalty", (0.01, 0.1, 1.0, 10.0))

    def describe(self, y: Array, sample_weight: Array | None = None) -> ValueTarget:
        values = y.astype(np.float64)
        described, least = super().describe(y), float(values.min())
        described = replace(
            described,
            least=least,
            skewness=float(np.mean(((values - described.mean) / (described.std or 1.0)) ** 3)),
        )
        if least < 0 or described.mean == 0:
            return described
        loss = deviance_loss(described)
        mean = np.full(len(values), described.mean)
        deviances = poisson_deviance(values + loss.shift, mean + loss.shift)
        return replace(described, deviance=loss.scale * float(deviances.mean()))

    def head(
        self,
        x: keras.KerasTensor,
        *,
        penalty: keras.regularizers.Regularizer | None,
        bias: list[float] | None,
        name: str,
        layer: OutputLayer = output_layer,
    ) -> keras.KerasTensor:
        """Learn standardised values; fixed layers return to the user's units, see `with_link`."""
        target = self.target
        if target.link == "root":
            return self._root_head(x, penalty=penalty, bias=bias, name=name, layer=layer)
        if bias is not None:
            bias = [(value - target.mean) / target.std for value in bias]
        last = layer(1, penalty=penalty, output_bias=bias, name=name)
        units = keras.layers.Rescaling(
            target.std, target.mean, dtype=last.dtype_policy, name=f"{name}_units"
        )
        return units(last(x))

    def _root_head(
        self,
        x: keras.KerasTensor,
        *,
        penalty: keras.regularizers.Regularizer | None,
        bias: list[float] | None,
        name: str,
        layer: OutputLayer,
    ) -> keras.KerasTensor:
        root = math.sqrt(self.target.mean)
        scale = self.target.std / (2 * root)
        start = inverse_softplus(root / scale)
        if bias is not None:
            roots = [math.sqrt(max(value, 0.0)) / scale for value in bias]
            bias = [inverse_softplus(max(one, _LEAST_ROOT)) - start for one in roots]
        last = layer(1, penalty=penalty, output_bias=bias, name=name)
        dtype = last.dtype_policy
        shifted = keras.layers.Rescaling(1.0, start, dtype=dtype, name=f"{name}_shift")
        positive = keras.layers.Activation("softplus", dtype=dtype, name=f"{name}_softplus")
        in_units = keras.layers.Rescaling(scale, dtype=dtype, name=f"{name}_root")
        root_of = in_units(positive(shifted(last(x))))
        return keras.layers.Multiply(dtype=dtype, name=f"{name}_units")([root_of, root_of])

    def loss(self, ordinal: str) -> keras.losses.Loss:
        if self.target.link == "root":
            return deviance_loss(self.target)
        return keras.losses.MeanSquaredError()

    def start_loss(self, ordinal: str) -> float:
        return self.target.deviance if self.target.link == "root" else self.target.std**2

    def metric(self) -> keras.metrics.Metric:
        return keras.metrics.RootMeanSquaredError(name="rmse")

    def linear_model(self, strength: float) -> Any:  # noqa: ANN401
        from sklearn.linear_model import Ridge

        return Ridge(alpha=strength)


def _values(array: Array) -> NDArray[np.float32]:
    if array.dtype.kind == "U":
        raise DataError(
            "A regression target must be numbers.",
            received=f"text such as {str(array[0])!r}",
            fix="Turn it into numbers, or pass task='classification'.",
        )
    with np.errstate(over="ignore"):
        values = array.astype(np.float32)
    if not np.isfinite(values).all():
        raise DataError(
            "A regression target must fit into float32.",
            received=f"values up to {float(np.abs(array).max()):g}",
            fix="Scale it down.",
        )
    if values.min() == values.max():
        raise DataError(
            "A regression target must not be constant.",
            received=f"{float(values[0]):g} in {plural(len(values), 'example')}",
        )
    return values


def poisson_deviance(y: Array, predictions: Floats) -> Floats:
    """Return the unit deviance of each example, `2 (y log(y / m) - y + m)` for a prediction m.

    Args:
        y: Counts or rates, at least 0, `(examples,)`.
        predictions: Above 0, `(examples,)`.
    """
    values = np.asarray(y, np.float64)
    ratio = np.where(values > 0, values, predictions) / predictions
    deviance: Floats = 2 * (values * np.log(ratio) - values + predictions)
    return deviance
