"""A hidden dense layer with what belongs to it."""

from __future__ import annotations

import keras

from dlrecipes.layers import BATCH_MOMENTUM, matched_initializer
from dlrecipes.layers.activations import Activation, keras_activation
from dlrecipes.layers.kernels import kernel_penalty


def dense_block(
    x: keras.KerasTensor,
    units: int,
    *,
    activation: Activation,
    l2: float | None,
    batch_normalization: bool,
    name: str,
) -> keras.KerasTensor:
    """Return `activation(normalise(dense(x)))`.

    Args:
        x: Symbolic tensor of shape `(batch, features)`.
        units: Width of the layer, at least 1.
        activation: Name of the activation, or a function of a tensor; the kernel initialiser
            follows from it.
        l2: L2 factor of the kernel, at least 0; None for no penalty.
        batch_normalization: Whether to normalise before the activation.
        name: Prefix of the layers' names.
    """
    x = keras.layers.Dense(
        units,
        # The normalisation has an offset of its own.
        use_bias=not batch_normalization,
        kernel_initializer=matched_initializer(activation),
        kernel_regularizer=kernel_penalty(l2),
        name=f"{name}_dense",
    )(x)
    if batch_normalization:
        x = keras.layers.BatchNormalization(momentum=BATCH_MOMENTUM, name=f"{name}_normalization")(
            x
        )
    return keras.layers.Activation(keras_activation(activation), name=f"{name}_activation")(x)
