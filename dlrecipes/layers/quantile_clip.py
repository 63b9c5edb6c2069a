"""Clipping of outliers."""

from __future__ import annotations

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.checks import check_real
from dlrecipes.errors import ArgumentError
from dlrecipes.layers.adapted_layer import AdaptedLayer


@keras.saving.register_keras_serializable(package="dlrecipes")
class QuantileClip(AdaptedLayer):
    """Move the numbers beyond a column's training quantiles to those quantiles (winsorising).

    The quantiles interpolate linearly between the training values, as `numpy.quantile` does, and
    ignore NaN. NaN stays NaN; infinity is clipped. A column that is all NaN in the training data
    is not clipped.

    Args:
        low: Share of the training values below the lower end, in [0, 1).
        high: Share of the training values below the upper end, in (0, 1], above `low`.
        **kwargs: Those of `keras.layers.Layer`: `name`, `trainable`. A `dtype` has no effect:
            the layer computes in float32.

    Call arguments:
        inputs: Numbers `(batch, features)`, NaN where missing.

    Returns:
        Float32 tensor `(batch, features)`.

    Raises:
        ArgumentError: If `low` is not below `high` or one is out of range, if the layer is
            called before `adapt`, or with another number of features.

    Example:
        >>> layer = dlr.layers.QuantileClip(low=0.1, high=0.9)
        >>> layer.adapt(np.arange(11.0).reshape(-1, 1))
        >>> np.asarray(layer(np.array([[-5.0], [5.0], [100.0]]))).tolist()
        [[1.0], [5.0], [9.0]]

    Reference:
        Dixon, Simplified Estimation from Censored Normal Samples, Annals of Mathematical
        Statistics 31 (1960), https://doi.org/10.1214/aoms/1177705900.
    """

    def __init__(self, low: float = 0.001, high: float = 0.999, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.low = check_real("low", low, 0, 1, high_open=True)
        self.high = check_real("high", high, 0, 1, low_open=True)
        if not self.low < self.high:
            raise ArgumentError("`low` must be below `high`.", received=f"low={low}, high={high}")

    def _learn(self, x: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        ends = np.array([[-np.inf, np.inf]] * x.shape[1])
        for index, column in enumerate(x.T):
            known = column[~np.isnan(column)]
            if known.size:
                ends[index] = np.quantile(known, [self.low, self.high])
        return {"lowest": ends[:, 0], "highest": ends[:, 1]}

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        self._check_input(inputs.shape)
        x = keras.ops.cast(inputs, "float32")
        raised = keras.ops.maximum(x, self._value("lowest"))
        clipped = keras.ops.minimum(raised, self._value("highest"))
        return keras.ops.where(keras.ops.isnan(x), x, clipped)

    def get_config(self) -> dict[str, object]:
        return {**super().get_config(), "low": self.low, "high": self.high}
