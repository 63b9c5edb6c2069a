"""A hidden dense layer with what belongs to it."""

from __future__ import annotations

import keras

from dlrecipes.layers import BATCH_MOMENTUM, matched_initializer
from dlrecipes.layers.activations import Activation, keras_activation


def dense_block(
    x: keras.KerasTensor,
    units: int,
    *,
    activation: Activation,
    penalty: keras.regularizers.Regularizer | None,
    batch_normalization: bool,
    name: str,
) -> keras.KerasTensor:
    """Return `activation(normalise(dense(x)))`.

    Args:
        x: Symbolic tensor of shape `(batch, features)`.
        units: Width of the layer, at least 1.
        activation: Name of the activation, or a function of a tensor; the kernel initialiser
            follows from it.
        penalty: Of the kernel; None for none.
        batch_normalization: Whether to normalise before the activation.
        name: Prefix of the layers' names.
    """
    x = keras.layers.Dense(
        units,
        # The normalisation has an offset of its own.
        use_bias=not batch_normalization,
        kernel_initializer=matched_initializer(activation),
        kernel_regularizer=penalty,
        name=f"{name}_dense",
    )(x)
    if batch_normalization:
        x = keras.layers.BatchNormalization(momentum=BATCH_MOMENTUM, name=f"{name}_normalization")(
            x
        )
    return keras.layers.Activation(keras_activation(activation), name=f"{name}_activation")(x)
