"""What the layers have in common that turn each number of a table into several."""

from __future__ import annotations

from typing import Any

import keras

from dlrecipes.errors import ArgumentError

Shape = tuple[int | None, ...]
Start = str | dict[str, Any] | keras.initializers.Initializer
"""An initializer as Keras takes it."""


def check_columns(
    layer: keras.Layer, input_shape: Shape, weight: keras.Variable | None = None
) -> int:
    """Return the number of columns.

    Args:
        layer: The layer, for the message.
        input_shape: Shape of its input.
        weight: A weight whose first axis is the columns; None while the layer is built.

    Raises:
        ArgumentError: If it is not `(batch, columns)` with a known number of columns, that of the
            weight.
    """
    shape = tuple(input_shape)
    wanted = shape[-1] if weight is None else weight.shape[0]
    if len(shape) != 2 or not shape[1] or shape[1] != wanted:
        raise ArgumentError(
            f"The input of `{type(layer).__name__}` must have the shape (batch, "
            f"{'columns' if weight is None else wanted}), with at least one column.",
            received=f"input_shape={shape}",
        )
    return shape[1]


def uniform_start(inputs: int) -> keras.initializers.Initializer:
    """Return an initializer of U(-1/sqrt(inputs), 1/sqrt(inputs)).

    Args:
        inputs: How many numbers are added up in each output.
    """
    limit = inputs**-0.5
    return keras.initializers.RandomUniform(-limit, limit)


def per_column(parts: keras.KerasTensor, kernel: keras.KerasTensor) -> keras.KerasTensor:
    """Return a linear map of each column's parts, with weights of its own.

    Args:
        parts: `(batch, columns, parts)`.
        kernel: `(columns, parts, size)`.

    Returns:
        `(batch, columns, size)`.
    """
    return keras.ops.einsum("bcp,cps->bcs", parts, kernel)


def side_by_side(layer: keras.Layer, embedded: keras.KerasTensor) -> keras.KerasTensor:
    """Return the columns' embeddings one after the other, in the layer's compute dtype.

    Args:
        layer: The layer.
        embedded: `(batch, columns, size)`.

    Returns:
        `(batch, columns * size)`.
    """
    _, columns, size = embedded.shape
    flat = keras.ops.reshape(embedded, (-1, columns * size))
    return keras.ops.cast(flat, layer.compute_dtype)
