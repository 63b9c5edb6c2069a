"""The outputs that a task asks for."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from dlrecipes.models.one_target import check_one_target
from dlrecipes.models.output_layer import output_layer
from dlrecipes.results import DataSpec


def task_outputs(
    x: keras.KerasTensor, spec: DataSpec, output_bias: Sequence[float] | None
) -> keras.KerasTensor:
    """Return logits, or for regression values in the user's units.

    Args:
        x: Symbolic tensor of shape `(batch, features)`.
        spec: The data's description.
        output_bias: Start value of each output, as `prior_bias` gives it; None for zero logits,
            or for the mean of the targets.

    Raises:
        DataError: If the data has several targets.
    """
    check_one_target(spec)
    if spec.task != "regression":
        return output_layer(spec.outputs, l2=None, output_bias=output_bias)(x)
    if output_bias is not None:
        # The dense layer works in standardised units.
        output_bias = [(value - spec.target_mean) / spec.target_std for value in output_bias]
    last = output_layer(spec.outputs, l2=None, output_bias=output_bias)
    return keras.layers.Rescaling(
        spec.target_std, spec.target_mean, dtype=last.dtype_policy, name="target_units"
    )(last(x))
