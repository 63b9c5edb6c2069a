"""Filling in of missing values."""

from __future__ import annotations

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.checks import check_choice
from dlrecipes.layers.adapted_layer import AdaptedLayer, Shape, check_flag

STRATEGIES = ("mean", "median", "zero")


@keras.saving.register_keras_serializable(package="dlrecipes")
class Imputation(AdaptedLayer):
    """Replace NaN by a number from the training data and say where it was.

    With `indicators`, a column is appended for every column that had missing values in the
    training data, in their order: 1.0 where the value is missing, 0.0 where it is there. Which
    ones is fixed by `adapt`; a column that is first missing later is filled in without one.

    Args:
        strategy: What replaces NaN: the column's training `"median"` or `"mean"` (NaN ignored;
            0 for a column that is all NaN in the training data), or `"zero"`.
        indicators: Whether to append the indicator columns.
        **kwargs: Those of `keras.layers.Layer`: `name`, `trainable`. A `dtype` has no effect:
            the layer computes in float32.

    Call arguments:
        inputs: Numbers `(batch, features)`, NaN where missing.

    Returns:
        Float32 tensor `(batch, features + len(indicator_columns))` without NaN.

    Raises:
        ArgumentError: If `strategy` is unknown, if `indicators` is no boolean, if the layer is
            called before `adapt`, or with another number of features.

    Example:
        >>> layer = dlr.layers.Imputation("mean")
        >>> layer.adapt(np.array([[1.0, 10.0], [3.0, np.nan]]))
        >>> layer.indicator_columns
        (1,)
        >>> np.asarray(layer(np.array([[np.nan, np.nan], [5.0, 20.0]]))).tolist()
        [[2.0, 10.0, 1.0], [5.0, 20.0, 0.0]]

    Reference:
        Le Morvan et al., What's a good imputation to predict with missing values?,
        arXiv:2106.00311; indicators: Van Ness et al., The Missing Indicator Method,
        arXiv:2211.09259.
    """

    INDEX_WEIGHTS = frozenset({"indicator_columns"})

    def __init__(self, strategy: str = "median", indicators: bool = True, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.strategy = check_choice("strategy", strategy, STRATEGIES)
        self.indicators = check_flag("indicators", indicators)

    @property
    def indicator_columns(self) -> tuple[int, ...]:
        """The input columns that have an indicator, ascending; empty without `indicators`."""
        self._require_adapted()
        if "indicator_columns" not in self._learned:
            return ()
        return tuple(int(column) for column in self._array("indicator_columns"))

    def _learn(self, x: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        learned = {"fill": np.array([self._statistic(column) for column in x.T])}
        columns = np.flatnonzero(np.isnan(x).any(axis=0))
        if self.indicators and columns.size:
            learned["indicator_columns"] = columns.astype(np.float64)
        return learned

    def _statistic(self, column: NDArray[np.float64]) -> float:
        known = column[~np.isnan(column)]
        if self.strategy == "zero" or not known.size:
            return 0.0
        return float(np.median(known) if self.strategy == "median" else np.mean(known))

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        self._check_input(inputs.shape)
        x = keras.ops.cast(inputs, "float32")
        missing = keras.ops.isnan(x)
        filled = keras.ops.where(missing, self._value("fill"), x)
        if "indicator_columns" not in self._learned:
            return filled
        columns = keras.ops.cast(self._value("indicator_columns"), "int32")
        flags = keras.ops.take(keras.ops.cast(missing, "float32"), columns, axis=1)
        return keras.ops.concatenate([filled, flags], axis=1)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        (features,) = self._check_input(input_shape)
        columns = self._learned.get("indicator_columns")
        return (input_shape[0], features + (0 if columns is None else columns.shape[0]))

    def get_config(self) -> dict[str, object]:
        return {
            **super().get_config(),
            "strategy": self.strategy,
            "indicators": self.indicators,
        }
