"""A builder's model, ready to be trained: with its variables, and its output in float32."""

from __future__ import annotations

from collections.abc import Callable

import keras

from dlrecipes.data import Example, as_tensors
from dlrecipes.training.outputs import put_out_float32
from dlrecipes.training.preflight import check_compiled
from dlrecipes.training.weights_by_path import Weights, set_weights_by_path


def build_model(
    build: Callable[[], keras.Model], example: Example, initial: Weights | None = None
) -> keras.Model:
    """Build a model, variables included, with its output in float32 under any policy.

    Under a mixed policy a plain last layer would put out half precision: 3 significant digits
    of a probability, and a bfloat16 signature in the export. Builders written for float32 need
    not know; the layer that makes the output is given the float32 policy.

    Args:
        build: Makes the compiled model; policy and seed are set already.
        example: One example of the inputs, `(1, …)`, or of several: a model without an `Input`
            makes its variables when it is first called.
        initial: Weights by path to begin from; all others are as the builder leaves them.

    Raises:
        BuilderError: If the builder does not return a compiled model, or one to which the initial
            weights do not belong.
    """
    model = check_compiled(build())
    if not model.built:
        model(as_tensors(example), training=False)
    put_out_float32(model)
    if initial is not None:
        set_weights_by_path(model, initial)
    return model
