"""A job's model, with its output in float32."""

from __future__ import annotations

import keras
import numpy as np

from dlrecipes.errors import BuilderError
from dlrecipes.training.headline import headline
from dlrecipes.training.job import Job
from dlrecipes.training.outputs import put_out_float32
from dlrecipes.training.preflight import check_compiled


def rebuild(job: Job, weights: list[np.ndarray], example: np.ndarray) -> keras.Model:
    """Build the network of a job that was trained, with what it learned.

    Args:
        job: The training; its seed is set, so that what a builder draws at random is as it was.
        weights: In the order of `model.get_weights()`.
        example: As for `build_model`.

    Raises:
        BuilderError: If the builder does not return a compiled model with such weights.
    """
    keras.utils.set_random_seed(job.seed)
    model = build_model(job, example)
    try:
        model.set_weights(weights)
    except ValueError as error:
        raise BuilderError(
            "A builder must build the same network at each call with the same values.",
            received=f"other weights than those that were trained: {headline(error)}",
        ) from error
    return model


def build_model(job: Job, example: np.ndarray) -> keras.Model:
    """Build a job's model, variables included, with its output in float32 under any policy.

    Under a mixed policy a plain last layer would put out half precision: 3 significant digits
    of a probability, and a bfloat16 signature in the export. Builders written for float32 need
    not know; the layer that makes the output is given the float32 policy.

    Args:
        job: The training.
        example: One example of the inputs, `(1, …)`: a model without an `Input` makes its
            variables when it is first called.

    Raises:
        BuilderError: If the builder does not return a compiled model.
    """
    model = check_compiled(job.build())
    if not model.built:
        model(example, training=False)
    put_out_float32(model)
    return model
