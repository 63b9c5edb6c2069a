"""Batch normalisation of images in one operation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf

_LEAST_EPSILON = 1.001e-5


@contextmanager
def fused_normalization() -> Iterator[None]:
    """Let Keras' `BatchNormalization` train with TensorFlow's fused operation where it can.

    Keras computes mean, variance and result one after the other; of a small residual network's
    step that is a third. The fused operation is the same formula (Ioffe & Szegedy 2015,
    arXiv:1502.03167), for float32 and images with the channels last. Everything else stays with
    Keras.
    """
    kind = keras.layers.BatchNormalization
    plain = kind.call

    def call(
        self: keras.layers.BatchNormalization,
        inputs: tf.Tensor,
        training: bool = False,
        mask: tf.Tensor | None = None,
    ) -> tf.Tensor:
        if training and self.trainable and mask is None and _can_be_fused(self, inputs):
            return _normalize(self, inputs)
        return plain(self, inputs, training=training, mask=mask)

    kind.call = call
    try:
        yield
    finally:
        kind.call = plain


def _can_be_fused(layer: Any, inputs: tf.Tensor) -> bool:  # noqa: ANN401
    return (
        type(layer) is keras.layers.BatchNormalization
        and keras.backend.result_type(inputs.dtype, "float32") == "float32"
        and inputs.shape.rank == 4
        and layer.axis in (-1, 3)
        and not layer.synchronized
        and not layer.renorm
        and isinstance(layer.epsilon, float)
        and layer.epsilon >= _LEAST_EPSILON
    )


def _normalize(layer: Any, inputs: tf.Tensor) -> tf.Tensor:  # noqa: ANN401
    x = tf.cast(inputs, "float32")
    channels = [x.shape[-1]]
    outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
        x=x,
        scale=tf.cast(layer.gamma.value, "float32") if layer.scale else tf.ones(channels),
        offset=tf.cast(layer.beta.value, "float32") if layer.center else tf.zeros(channels),
        mean=tf.zeros(channels),
        variance=tf.zeros(channels),
        epsilon=layer.epsilon,
        is_training=True,
    )
    # The operation gives the unbiased variance, Keras keeps the mean square.
    count = tf.cast(tf.size(x) // channels[0], "float32")
    variance *= (count - 1) / count
    for moving, value in ((layer.moving_mean, mean), (layer.moving_variance, variance)):
        moving.assign(moving * layer.momentum + value * (1.0 - layer.momentum))
    return tf.cast(outputs, layer.compute_dtype)
