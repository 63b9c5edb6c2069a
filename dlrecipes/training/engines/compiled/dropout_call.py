"""Keras' dropout with a rate that is a tensor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf


def dropout_call(layer: keras.layers.Dropout, rate: tf.Tensor) -> Callable[..., tf.Tensor]:
    """Return what a `Dropout` or `SpatialDropout` layer calls when its rate is a tensor.

    It draws what TensorFlow's own dropout draws, from the layer's own seeds, and computes the
    same formula; that one refuses whatever stands for a rate but is no number.

    Args:
        layer: The layer.
        rate: Share of the elements that is dropped, a scalar.
    """

    def call(inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        if not training:
            return inputs
        noise = keras.random.uniform(
            _noise_shape(layer, inputs), dtype=inputs.dtype, seed=layer.seed_generator
        )
        # As in TensorFlow, the scale is rounded to half precision only when it is known. If all
        # is dropped, it is 0.
        scale = tf.cast(tf.math.divide_no_nan(1.0, 1 - rate), inputs.dtype)
        return tf.where(noise >= tf.cast(rate, noise.dtype), inputs * scale, tf.zeros_like(inputs))

    return call


def _noise_shape(layer: keras.layers.Dropout, inputs: tf.Tensor) -> Sequence[Any]:
    whole: list[Any] = tf.unstack(tf.shape(inputs))
    if isinstance(layer, keras.layers.Dropout) and layer.noise_shape is not None:
        return [own or size for own, size in zip(layer.noise_shape, whole, strict=True)]
    if hasattr(layer, "_get_noise_shape"):  # spatial: one mask for all positions of a channel
        spatial: Sequence[Any] = layer._get_noise_shape(inputs)
        return spatial
    return whole
