"""Clipping of outliers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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
        quantile_range: Shares of the training values below the lower and below the upper end, as
            fractions: `0 <= lower < upper <= 1`.
        **kwargs: Those of `keras.layers.Layer`: `name`, `trainable`. A `dtype` has no effect:
            the layer computes in float32.

    Call arguments:
        inputs: Numbers `(batch, features)`, NaN where missing.

    Returns:
        Float32 tensor `(batch, features)`.

    Raises:
        ArgumentError: If `quantile_range` is no such pair, if the layer is called before `adapt`,
            or with another number of features.

    Example:
        >>> layer = dlr.layers.QuantileClip((0.1, 0.9))
        >>> layer.adapt(np.arange(11.0).reshape(-1, 1))
        >>> np.asarray(layer(np.array([[-5.0], [5.0], [100.0]]))).tolist()
        [[1.0], [5.0], [9.0]]

    Reference:
        Dixon, Simplified Estimation from Censored Normal Samples, Annals of Mathematical
        Statistics 31 (1960), https://doi.org/10.1214/aoms/1177705900.
    """

    def __init__(self, quantile_range: Sequence[float] = (0.001, 0.999), **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.quantile_range = check_quantile_range(quantile_range)

    def _learn(self, x: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        ends = np.array([[-np.inf, np.inf]] * x.shape[1])
        for index, column in enumerate(x.T):
            known = column[~np.isnan(column)]
            if known.size:
                ends[index] = np.quantile(known, self.quantile_range)
        return {"lowest": ends[:, 0], "highest": ends[:, 1]}

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        self._check_input(inputs.shape)
        x = keras.ops.cast(inputs, "float32")
        raised = keras.ops.maximum(x, self._value("lowest"))
        clipped = keras.ops.minimum(raised, self._value("highest"))
        return keras.ops.where(keras.ops.isnan(x), x, clipped)

    def get_config(self) -> dict[str, object]:
        return {**super().get_config(), "quantile_range": list(self.quantile_range)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> QuantileClip:
        """Make the layer from its `get_config`, or an older one with other names."""
        return cls(**with_quantile_range(config))


def check_quantile_range(quantile_range: Sequence[float]) -> tuple[float, float]:
    """Return two quantiles as numbers.

    Args:
        quantile_range: The lower and the upper one, as fractions: `0 <= lower < upper <= 1`.

    Raises:
        ArgumentError: If it is no such pair.
    """
    if isinstance(quantile_range, str | float | int) or len(quantile_range) != 2:
        raise ArgumentError(
            "`quantile_range` must be a lower and an upper quantile, as fractions.",
            received=f"quantile_range={quantile_range!r}",
        )
    lower = check_real("quantile_range[0]", quantile_range[0], 0, 1, high_open=True)
    upper = check_real("quantile_range[1]", quantile_range[1], 0, 1, low_open=True)
    if not lower < upper:
        raise ArgumentError(
            "The lower end of `quantile_range` must be below the upper one.",
            received=f"quantile_range={(lower, upper)}",
        )
    return lower, upper


def with_quantile_range(config: dict[str, Any]) -> dict[str, Any]:
    """Return a layer's configuration with `quantile_range`, where an older one has two numbers.

    Args:
        config: What `get_config` returned; an older one has `low` and `high`.
    """
    if "low" not in config:
        return config
    others = {name: value for name, value in config.items() if name not in ("low", "high")}
    return {**others, "quantile_range": (config["low"], config["high"])}
