"""What a network predicts: probabilities or values, from what its last layers put out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.data import Inputs, as_tensors
from dlrecipes.results import DataSpec
from dlrecipes.targets import OutputKind, by_name, in_form, join_predictions, kind_of

_BATCH = 1024


def as_predictions(outputs: Any, kinds: Mapping[str, OutputKind], spec: DataSpec) -> Any:  # noqa: ANN401
    """Return probabilities `(batch, classes)` or values `(batch,)`, in float32.

    Two classes have two columns, also where one unit tells them apart.

    Args:
        outputs: A network's output, `(batch, units)` or `(batch,)`; of several targets a
            dictionary of them, or a list in the order of `kinds`.
        kinds: What they are, as `output_kinds` returns it.
        spec: The data's description.
    """
    if not isinstance(outputs, dict):  # one, or a list in the order of `kinds`
        flat = keras.tree.flatten(outputs)
        outputs = dict(zip(kinds, flat, strict=True)) if len(flat) > 1 else flat[0]
    named = by_name(outputs, spec)
    found = {
        target.name: kind_of(target).predictions(
            keras.ops.cast(named[target.name], "float32"), kinds[target.name]
        )
        for target in spec.targets
    }
    return in_form(found, spec)


def predict_network(
    call: Callable[[Any], Any],
    x: NDArray[Any] | Inputs,
    kinds: Mapping[str, OutputKind],
    spec: DataSpec,
) -> NDArray[np.float32]:
    """Return a network's predictions, without a graph: that takes longer to trace than to run once.

    Args:
        call: Takes a batch of inputs and returns the network's outputs, not training.
        x: Preprocessed inputs, `(examples, …)`, or several.
        kinds: What the outputs are.
        spec: The data's description.

    Returns:
        Probabilities `(examples, classes)` or values `(examples,)`; of several targets both, side
        by side.
    """
    batches = []
    for start in range(0, len(x), _BATCH):
        outputs = call(as_tensors(x[start : start + _BATCH]))
        found = as_predictions(outputs, kinds, spec)
        arrays = keras.tree.map_structure(keras.ops.convert_to_numpy, found)
        batches.append(join_predictions(arrays) if isinstance(arrays, dict) else arrays)
    return np.concatenate(batches).astype(np.float32)
