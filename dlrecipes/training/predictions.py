"""What a network predicts: probabilities or values, from what its last layers put out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.metrics import join_predictions
from dlrecipes.results import DataSpec
from dlrecipes.training.outputs import OutputKind, output_kind, output_kinds

Kinds = OutputKind | dict[str, OutputKind]
"""What a network puts out; of several targets by target."""

_BATCH = 1024


def kinds_of(network: keras.Model, spec: DataSpec) -> Kinds:
    """Tell what a compiled network puts out.

    Args:
        network: The network.
        spec: The data it is for.
    """
    return output_kinds(network, spec) if spec.targets else output_kind(network, spec)


def as_predictions(outputs: Any, kinds: Kinds) -> Any:  # noqa: ANN401  (tensors, symbolic or not)
    """Return probabilities `(batch, classes)` or values `(batch,)`, in float32.

    Two classes have two columns, also where one unit tells them apart.

    Args:
        outputs: A network's output, `(batch, units)` or `(batch,)`; of several targets a
            dictionary of them.
        kinds: What they are.
    """
    if isinstance(kinds, dict):
        return {name: as_predictions(outputs[name], kind) for name, kind in kinds.items()}
    outputs = keras.ops.cast(keras.tree.flatten(outputs)[0], "float32")
    if kinds == "values":
        return keras.ops.reshape(outputs, (-1,))
    if len(outputs.shape) == 1:
        outputs = keras.ops.expand_dims(outputs, -1)
    if outputs.shape[-1] == 1:
        # sigmoid(-z) keeps the small probability exact where 1 - sigmoid(z) would round it.
        positive = keras.ops.sigmoid(outputs) if kinds == "logits" else outputs
        negative = keras.ops.sigmoid(-outputs) if kinds == "logits" else 1.0 - outputs
        return keras.ops.concatenate([negative, positive], axis=-1)
    return keras.ops.softmax(outputs, axis=-1) if kinds == "logits" else outputs


def predict_network(
    call: Callable[[Any], Any], x: NDArray[Any], kinds: Kinds
) -> NDArray[np.float32]:
    """Return a network's predictions, without a graph: that takes longer to trace than to run once.

    Args:
        call: Takes a batch of inputs and returns the network's outputs, not training.
        x: Preprocessed inputs, `(examples, …)`.
        kinds: What the outputs are.

    Returns:
        Probabilities `(examples, classes)` or values `(examples,)`; of several targets both, side
        by side.
    """
    batches = []
    for start in range(0, len(x), _BATCH):
        outputs = call(keras.ops.convert_to_tensor(x[start : start + _BATCH]))
        found = as_predictions(outputs, kinds)
        arrays = keras.tree.map_structure(keras.ops.convert_to_numpy, found)
        batches.append(join_predictions(arrays) if isinstance(arrays, dict) else arrays)
    return np.concatenate(batches).astype(np.float32)
