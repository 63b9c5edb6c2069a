"""Predictions of a Keras model for raw inputs."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.data import Columns, as_tensors
from dlrecipes.export.serving_names import input_names

BATCH_SIZE = 256


def predict(model: keras.Model, x: NDArray[Any] | Columns) -> NDArray[np.float32]:
    """Return a model's probabilities `(examples, classes)` or values `(examples,)`.

    Args:
        model: From raw inputs to probabilities or values.
        x: Raw inputs, `(examples, …)`, or the columns of a table.
    """
    if not isinstance(x, Columns):
        return np.asarray(model.predict(x, batch_size=BATCH_SIZE, verbose=0), "float32")
    names = input_names(x.names)
    batches = []
    for start in range(0, len(x), BATCH_SIZE):
        tensors = as_tensors(x[start : start + BATCH_SIZE])
        given = {names[name]: values for name, values in tensors.items()}
        batches.append(keras.ops.convert_to_numpy(model(given, training=False)))
    return np.concatenate(batches).astype(np.float32)
