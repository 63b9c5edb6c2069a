"""The last dense layer of a model."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from dlrecipes.checks import check_integer, check_real
from dlrecipes.errors import ArgumentError


def output_layer(
    outputs: int,
    *,
    penalty: keras.regularizers.Regularizer | None,
    output_bias: Sequence[float] | None,
    name: str = "outputs",
) -> keras.layers.Dense:
    """Return a linear dense layer that puts out logits or standardised targets.

    It computes in float32 under the mixed policies (in float64 under `"float64"`): the loss, and
    the signature of the exported model, are no place for bfloat16.

    Args:
        outputs: Number of outputs, at least 1.
        penalty: Of the kernel; None for none. Biases are never penalised.
        output_bias: Start value of the bias of each output; None for zeros.
        name: The layer's name.

    Raises:
        ArgumentError: If a number is out of range or there is not one bias for each output.
    """
    check_integer("outputs", outputs, 1)
    bias: str | keras.initializers.Initializer = "zeros"
    if output_bias is not None:
        if len(output_bias) != outputs:
            raise ArgumentError(
                f"`output_bias` must have one value for each output, {outputs} in all.",
                received=f"output_bias={list(output_bias)}",
            )
        bias = keras.initializers.Constant(
            [check_real(f"output_bias[{index}]", value) for index, value in enumerate(output_bias)]
        )
    return keras.layers.Dense(
        outputs,
        kernel_initializer="glorot_uniform",
        bias_initializer=bias,
        kernel_regularizer=penalty,
        dtype=output_dtype(),
        name=name,
    )


def output_dtype() -> str:
    """Return the dtype of outputs under the policy that is set: float32 at least."""
    dtype: str = keras.backend.result_type(keras.config.dtype_policy().compute_dtype, "float32")
    return dtype
