"""The head of one target."""

from __future__ import annotations

import math

import keras

from dlrecipes.layers import OrdinalHead
from dlrecipes.models.kernel_penalty import kernel_penalty
from dlrecipes.models.output_layer import output_layer
from dlrecipes.results.target_spec import TargetSpec


def target_head(
    x: keras.KerasTensor, target: TargetSpec, *, l2: float | None, name: str
) -> keras.KerasTensor:
    """Return what is predicted of a target: logits, or values in the user's units.

    At its start a head predicts the base rates or the mean. One of values learns standardised
    targets, and a fixed layer returns to the user's units; one of ordered classes puts out their
    log-probabilities. In float32 at least.

    Args:
        x: Symbolic tensor of shape `(batch, features)`.
        target: What is to be predicted.
        l2: L2 factor of the kernel, at least 0; None for no penalty.
        name: Prefix of the layers' names.
    """
    dtype = keras.backend.result_type(keras.config.dtype_policy().compute_dtype, "float32")
    if target.task == "regression":
        standardised = output_layer(1, l2=l2, output_bias=None, name=f"{name}_standardised")(x)
        return keras.layers.Rescaling(target.std, target.mean, dtype=dtype, name=f"{name}_units")(
            standardised
        )
    # A class that training did not see counts as half an example.
    least = 0.5 / max(target.known, 1)
    shares = [max(prior, least) for prior in target.priors]
    priors = [share / sum(shares) for share in shares]
    if target.task == "ordinal":
        return OrdinalHead(
            target.classes,
            priors,
            kernel_regularizer=kernel_penalty(l2),
            dtype=dtype,
            name=f"{name}_ordinal",
        )(x)
    logs = [math.log(prior) for prior in priors]
    bias = [logs[1] - logs[0]] if target.task == "binary" else logs
    return output_layer(target.outputs, l2=l2, output_bias=bias, name=f"{name}_logits")(x)
