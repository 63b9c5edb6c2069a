"""The outputs that a task asks for."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from dlrecipes.results import DataSpec
from dlrecipes.targets import kind_of


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
    bias = None if output_bias is None else list(output_bias)
    return kind_of(spec.target).head(x, l2=None, bias=bias, name="outputs")
