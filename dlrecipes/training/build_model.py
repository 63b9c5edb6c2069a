"""A job's model, with its output in float32."""

from __future__ import annotations

import keras
import numpy as np

from dlrecipes.training.job import Job
from dlrecipes.training.preflight import check_compiled

_HALF = ("float16", "bfloat16")


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
    layer = _output_layer(model)
    if layer is not None and layer.compute_dtype in _HALF:
        layer.dtype_policy = "float32"
    return model


def _output_layer(model: keras.Model) -> keras.Layer | None:
    """Return the layer that makes the output; None for a subclassed model."""
    if not getattr(model, "outputs", None):
        return None
    made_by = model.outputs[0]._keras_history.operation
    if isinstance(made_by, keras.Model):
        return _output_layer(made_by)
    return made_by if isinstance(made_by, keras.Layer) else None
