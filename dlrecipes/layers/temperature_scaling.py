"""Probabilities that are made less, or more, sure than a network is."""

from __future__ import annotations

import keras
import numpy as np

from dlrecipes.checks import check_real
from dlrecipes.errors import ArgumentError
from dlrecipes.layers.feature_scaling import wide_dtype

Shape = tuple[int | None, ...]


@keras.saving.register_keras_serializable(package="dlrecipes")
class TemperatureScaling(keras.layers.Layer):
    """Divide the logarithms of probabilities by a temperature: `softmax(log(p) / temperature)`.

    Above 1 the probabilities come closer to each other, below 1 they go apart; their order, and so
    the most probable class, stays. The logarithms of probabilities are logits, so this is what a
    temperature does to the logits of a softmax; it takes the mean of several networks as well,
    which has no logits.

    It computes in float32, or wider. A probability below 1.2e-38, the least that float32 holds in
    full, is taken for that.

    Args:
        temperature: By what logarithms are divided, above 0; 1 only makes each sum 1.
        **kwargs: Those of `keras.layers.Layer`: `name`, `dtype`.

    Call arguments:
        inputs: Probabilities `(batch, ..., classes)` of two classes or more, a column a class also
            where one unit tells two classes apart.

    Returns:
        Probabilities of the inputs' shape.

    Raises:
        ArgumentError: If the temperature is not above 0, or there are not two classes.

    Example:
        >>> layer = dlr.layers.TemperatureScaling(2.0)
        >>> np.asarray(layer(np.array([[0.9, 0.1]]))).round(6).tolist()
        [[0.75, 0.25]]

    Reference:
        Guo, Pleiss, Sun and Weinberger, On Calibration of Modern Neural Networks,
        arXiv:1706.04599, equation 9.
    """

    def __init__(self, temperature: float, **kwargs: object) -> None:
        super().__init__(autocast=False, **kwargs)
        self.temperature = check_real("temperature", temperature, 0, low_open=True)

    def build(self, input_shape: Shape) -> None:
        if len(input_shape) < 2 or input_shape[-1] is None or input_shape[-1] < 2:
            raise ArgumentError(
                "The inputs must have the shape (batch, ..., classes), with two classes or more.",
                received=f"input_shape={tuple(input_shape)}",
                fix="Of one unit p, put 1 - p beside it.",
            )
        self.built = True

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        probabilities = keras.ops.cast(inputs, wide_dtype(self))
        least = float(np.finfo(np.float32).tiny)
        logits = keras.ops.log(keras.ops.maximum(probabilities, least)) / self.temperature
        # Not Keras' softmax, which turns a row with one NaN into zeros beside it.
        odds = keras.ops.exp(logits - keras.ops.max(logits, axis=-1, keepdims=True))
        shares = odds / keras.ops.sum(odds, axis=-1, keepdims=True)
        return keras.ops.cast(shares, self.compute_dtype)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return tuple(input_shape)

    def get_config(self) -> dict[str, object]:
        return {**super().get_config(), "temperature": self.temperature}
