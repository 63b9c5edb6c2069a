"""Scaling of columns to a fixed range."""

from __future__ import annotations

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.checks import check_real
from dlrecipes.errors import ArgumentError
from dlrecipes.layers.adapted_layer import LARGEST, AdaptedLayer, check_flag, varies


@keras.saving.register_keras_serializable(package="dlrecipes")
class MinMaxScaling(AdaptedLayer):
    """Map every column's training range onto `[low, high]`, linearly.

    `low + (x - minimum) / (maximum - minimum) * (high - low)`, with minimum and maximum of the
    training data. A column that is constant there, or all NaN, gives the middle of the range for
    every later number. NaN is ignored while adapting and stays NaN.

    Args:
        low: Where the training minimum goes, within +-8.5e37.
        high: Where the training maximum goes, within +-8.5e37 and above `low`.
        clip: Whether later numbers outside the training range are moved to its ends. Without it
            they pass beyond `[low, high]`.
        **kwargs: Those of `keras.layers.Layer`: `name`, `trainable`. A `dtype` has no effect:
            the layer computes in float32.

    Call arguments:
        inputs: Numbers `(batch, features)`, NaN where missing.

    Returns:
        Float32 tensor `(batch, features)`.

    Raises:
        ArgumentError: If `low` is not below `high`, if `clip` is no boolean, if the layer is
            called before `adapt`, or with another number of features.

    Example:
        >>> layer = dlr.layers.MinMaxScaling()
        >>> layer.adapt(np.array([[0.0], [10.0]]))
        >>> np.asarray(layer(np.array([[5.0], [20.0]]))).tolist()
        [[0.5], [1.0]]

    Reference:
        Han, Kamber & Pei, Data Mining: Concepts and Techniques, 3rd edition, 2011, section 3.5.2.
    """

    def __init__(
        self, low: float = 0.0, high: float = 1.0, clip: bool = True, **kwargs: object
    ) -> None:
        super().__init__(**kwargs)
        self.low = check_real("low", low, -LARGEST, LARGEST)
        self.high = check_real("high", high, -LARGEST, LARGEST)
        if not np.float32(self.low) < np.float32(self.high):
            raise ArgumentError("`low` must be below `high`.", received=f"low={low}, high={high}")
        self.clip = check_flag("clip", clip)

    def _learn(self, x: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        known = ~np.isnan(x)
        minimum = np.where(known, x, np.inf).min(axis=0)
        maximum = np.where(known, x, -np.inf).max(axis=0)
        empty = ~known.any(axis=0)
        minimum, maximum = np.where(empty, 0.0, minimum), np.where(empty, 0.0, maximum)
        span = maximum - minimum
        varying = varies(span / 2, np.maximum(np.abs(minimum), np.abs(maximum)))
        return {"minimum": minimum, "span": np.where(varying, span, 0.0)}

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        self._check_input(inputs.shape)
        x = keras.ops.cast(inputs, "float32")
        span = self._value("span")
        constant = keras.ops.equal(span, 0.0)
        share = (x - self._value("minimum")) / keras.ops.where(constant, 1.0, span)
        scaled = self.low + keras.ops.where(constant, 0.5, share) * (self.high - self.low)
        if self.clip:
            scaled = keras.ops.clip(scaled, self.low, self.high)
        return keras.ops.where(keras.ops.isnan(x), x, scaled)

    def get_config(self) -> dict[str, object]:
        return {**super().get_config(), "low": self.low, "high": self.high, "clip": self.clip}
