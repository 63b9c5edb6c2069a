"""The last dense layer of a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import keras

from dlrecipes.checks import check_integer, check_real
from dlrecipes.errors import ArgumentError
from dlrecipes.layers import MemberDense, NTKDense

OutputLayer = Callable[..., keras.Layer]
"""Makes the last layer that learns, with the arguments of `output_layer`."""


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
    return keras.layers.Dense(
        outputs,
        kernel_initializer="glorot_uniform",
        bias_initializer=_start(outputs, output_bias),
        kernel_regularizer=penalty,
        dtype=output_dtype(),
        name=name,
    )


def member_output_layer(
    outputs: int,
    *,
    penalty: keras.regularizers.Regularizer | None,
    output_bias: Sequence[float] | None,
    name: str = "outputs",
) -> MemberDense:
    """Return the like of it for each member of an ensemble; see `output_layer`."""
    return MemberDense(
        outputs,
        bias_initializer=_start(outputs, output_bias),
        kernel_regularizer=penalty,
        dtype=output_dtype(),
        name=name,
    )


def ntk_output_layer(
    outputs: int,
    *,
    penalty: keras.regularizers.Regularizer | None,
    output_bias: Sequence[float] | None,
    name: str = "outputs",
) -> NTKDense:
    """Return the like of it in NTK parametrisation, which begins with its bias alone."""
    return NTKDense(
        outputs,
        kernel_initializer="zeros",
        bias_initializer=_start(outputs, output_bias),
        kernel_regularizer=penalty,
        dtype=output_dtype(),
        name=name,
    )


def _start(
    outputs: int, output_bias: Sequence[float] | None
) -> str | keras.initializers.Initializer:
    check_integer("outputs", outputs, 1)
    if output_bias is None:
        return "zeros"
    if len(output_bias) != outputs:
        raise ArgumentError(
            f"`output_bias` must have one value for each output, {outputs} in all.",
            received=f"output_bias={list(output_bias)}",
        )
    return keras.initializers.Constant(
        [check_real(f"output_bias[{index}]", value) for index, value in enumerate(output_bias)]
    )


def output_dtype() -> str:
    """Return the dtype of outputs under the policy that is set: float32 at least."""
    dtype: str = keras.backend.result_type(keras.config.dtype_policy().compute_dtype, "float32")
    return dtype
