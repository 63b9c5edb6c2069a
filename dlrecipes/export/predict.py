"""Predictions of a Keras model for raw inputs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar, cast

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.data import Columns, Inputs, as_tensors
from dlrecipes.export.raw_inputs import input_names
from dlrecipes.targets import join_predictions

BATCH_SIZE = 256
_FEW_BATCHES = 6
Taken = TypeVar("Taken", bound=NDArray[Any] | Columns | Inputs)
_TABLE_BATCH, _CELLS = 2048, 32768


def predict(model: keras.Model, x: NDArray[Any] | Columns | Inputs) -> NDArray[np.float32]:
    """Return a model's probabilities `(examples, classes)` or values `(examples,)`.

    Those of several targets are side by side; `dlrecipes.targets.split_predictions` takes them
    apart. For a few batches no graph is made of the model, which takes longer than to do without.

    Args:
        model: From raw inputs to probabilities or values, or a dictionary of both.
        x: Raw inputs, `(examples, …)`, or the columns of a table.
    """
    if isinstance(x, np.ndarray) and x.dtype != object and len(x) > _FEW_BATCHES * BATCH_SIZE:
        return _array(model.predict(x, batch_size=BATCH_SIZE, verbose=0))
    return predict_eagerly(model, x)


def predict_eagerly(model: keras.Model, x: NDArray[Any] | Columns | Inputs) -> NDArray[np.float32]:
    """Return what `predict` does without a graph, for a model that predicts once.

    Args:
        model: As for `predict`.
        x: As for `predict`.
    """
    return np.concatenate([predict_few(model, batch) for batch in batches_of(x)])


def batches_of(x: Taken) -> Iterator[Taken]:
    """Yield inputs in turn, as many at once as need little memory.

    What is done with a batch of a table takes as long for 2,048 rows as for 256: many small
    operations, each on a column or all of them.

    Args:
        x: As for `predict`.
    """
    size = BATCH_SIZE
    if isinstance(x, Columns):
        size = max(size, min(_TABLE_BATCH, _CELLS // max(1, len(x.names))))
    for start in range(0, len(x), size):
        yield cast(Taken, x[start : start + size])


def predict_few(model: keras.Model, x: NDArray[Any] | Columns | Inputs) -> NDArray[np.float32]:
    """Return what `predict` does for one batch, without a graph: that would take longer to trace.

    Args:
        model: As for `predict`.
        x: As for `predict`, a few hundred examples at most.
    """
    return _array(model(tensors_for(x), training=False))


def tensors_for(x: NDArray[Any] | Columns | Inputs) -> Any:  # noqa: ANN401  (a tensor, or several by name)
    """Return inputs as a model that was built for them takes them.

    Args:
        x: As for `predict`.
    """
    tensors = as_tensors(x)
    if isinstance(x, Columns):
        names = input_names(x.names)
        return {names[name]: values for name, values in tensors.items()}
    return tensors


def _array(predictions: object) -> NDArray[np.float32]:
    if isinstance(predictions, dict):
        by_target = {
            name: keras.ops.convert_to_numpy(predicted) for name, predicted in predictions.items()
        }
        return join_predictions(by_target).astype(np.float32)
    array: NDArray[np.float32] = keras.ops.convert_to_numpy(predictions).astype(np.float32)
    return array
