"""Scaling by median and quartiles, with a soft limit."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.checks import check_real
from dlrecipes.layers.adapted_layer import AdaptedLayer
from dlrecipes.layers.quantile_clip import check_quantile_range

_LIMITS = np.finfo(np.float32)
# The square of what lies further out does not fit into float32, and is as good as at the limit.
_FAR = 1e18


@keras.saving.register_keras_serializable(package="dlrecipes")
class RobustScaling(AdaptedLayer):
    """Centre every column at its median, scale it by its quartiles, limit it softly.

    `z = (x - median) / (upper quartile - lower quartile)`, with quantiles of the training data.
    Where the quartiles are equal, half of the range takes the place of their distance; a column
    that is constant, or all NaN, in the training data gives 0 for every later number. Then
    `z / sqrt(1 + (z / clip)**2)`: the middle stays as it is, and no number is beyond +-`clip`.
    A single wild value moves neither the scale nor the network.

    The quantiles interpolate linearly between the training values, as `numpy.quantile` does. NaN is
    ignored while adapting and stays NaN. Every other input, infinity included, gives a finite
    number.

    Args:
        quantile_range: Shares of the training values below the lower and below the upper quantile
            whose distance is the scale, as fractions: `0 <= lower < upper <= 1`.
        clip: The limit, in [1e-6, 1e6]; None for none.
        **kwargs: Those of `keras.layers.Layer`: `name`, `trainable`. A `dtype` has no effect:
            the layer computes in float32.

    Call arguments:
        inputs: Numbers `(batch, features)`, NaN where missing.

    Returns:
        Float32 tensor `(batch, features)`.

    Raises:
        ArgumentError: If an argument is out of range, if the layer is called before `adapt`, or
            with another number of features.

    Example:
        >>> layer = dlr.layers.RobustScaling()
        >>> layer.adapt(np.array([[0.0], [1.0], [2.0], [3.0], [1000.0]]))
        >>> np.asarray(layer(np.array([[2.0], [4.0], [1e30]])), float).round(3).tolist()
        [[0.0], [0.949], [3.0]]

    Reference:
        Holzmüller, Grinsztajn and Steinwart, Better by Default: Strong Pre-Tuned MLPs and Boosted
        Trees on Tabular Data, arXiv:2407.04491, section 3.
    """

    def __init__(
        self,
        quantile_range: Sequence[float] = (0.25, 0.75),
        clip: float | None = 3.0,
        **kwargs: object,
    ) -> None:
        super().__init__(**kwargs)
        self.quantile_range = check_quantile_range(quantile_range)
        self.clip = None if clip is None else check_real("clip", clip, 1e-6, 1e6)

    def _learn(self, x: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        median, scale = np.zeros(x.shape[1]), np.zeros(x.shape[1])
        for index, column in enumerate(x.T):
            known = column[~np.isnan(column)]
            if known.size:
                median[index] = np.median(known)
                scale[index] = self._scale(known)
        # From the median to the next float32, which for a median of 1e8 is up to 4.
        offset = (median.astype(np.float32) - median) * scale
        return {"median": median, "scale": scale, "offset": offset}

    def _scale(self, known: NDArray[np.float64]) -> float:
        lower, upper = np.quantile(known, self.quantile_range)
        for span in (upper - lower, (known.max() - known.min()) / 2):
            # Of a smaller one the inverse does not fit into float32.
            if span >= _LIMITS.tiny:
                return float(1 / span)
        return 0.0

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        self._check_input(inputs.shape)
        x = keras.ops.cast(inputs, "float32")
        scale = self._value("scale")
        z = (x - self._value("median")) * scale + self._value("offset")
        # What is far out may be infinite by now, and infinity times 0 is NaN.
        z = keras.ops.where(keras.ops.equal(scale, 0.0), 0.0, z)
        most = float(_LIMITS.max) if self.clip is None else _FAR * min(self.clip, 1.0)
        z = keras.ops.clip(z, -most, most)
        if self.clip is not None:
            z = z / keras.ops.sqrt(1.0 + keras.ops.square(z / self.clip))
        return keras.ops.where(keras.ops.isnan(x), x, z)

    def get_config(self) -> dict[str, object]:
        return {
            **super().get_config(),
            "quantile_range": list(self.quantile_range),
            "clip": self.clip,
        }
