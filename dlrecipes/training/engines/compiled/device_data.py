"""A part of the data, on the device, and how much of an epoch is handed over at once."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from dlrecipes.data import Split, keras_inputs

# So much fits into the processor's cache beside the weights.
_BYTES = 2**24


@dataclass(frozen=True)
class DeviceData:
    """A split's arrays as tensors.

    Args:
        x: Inputs `(examples, …)`, in the form that Keras is given them, as `y`.
        y: Targets, in the form that Keras is given them: a tensor, or a structure of such.
        sample_weight: `(examples,)` or None.
    """

    x: Any
    y: Any
    sample_weight: tf.Tensor | None

    @classmethod
    def of(cls, split: Split, y: object) -> DeviceData:
        """Move a split to the device, floating-point arrays in Keras' float type.

        Args:
            split: Its inputs and weights are taken.
            y: Its targets as `keras_targets` returns them.
        """
        return cls(
            keras.tree.map_structure(_tensor, keras_inputs(split.inputs)),
            keras.tree.map_structure(_tensor, y),
            None if split.sample_weight is None else _tensor(split.sample_weight),
        )

    def map(self, function: Callable[[tf.Tensor], tf.Tensor]) -> tuple[Any, Any, Any]:
        """Return inputs, targets and weights (None without) after a function of each tensor."""
        weight = self.sample_weight
        x, y = (keras.tree.map_structure(function, some) for some in (self.x, self.y))
        return x, y, None if weight is None else function(weight)

    def __len__(self) -> int:
        return int(keras.tree.flatten(self.x)[0].shape[0])


def _tensor(array: np.ndarray | tf.Tensor) -> tf.Tensor:
    if isinstance(array, tf.Tensor):  # of text
        return array
    floating = np.issubdtype(array.dtype, np.floating)
    return tf.constant(array.astype(keras.config.floatx()) if floating else array)


def steps_of_a_piece(train: DeviceData, batch_size: int, model: keras.Model, recorded: int) -> int:
    """Return how many batches are handed over at once, at least one.

    They are gathered in the shuffled order, and what is predicted for them is kept until the last
    of them is done: whichever is more sets the number.

    Args:
        train: Training data.
        batch_size: Examples a batch.
        model: What is trained.
        recorded: Members whose predictions are kept; 0 where no metrics are.
    """
    inputs: int = sum(
        math.prod(tensor.shape[1:]) * tensor.dtype.size for tensor in keras.tree.flatten(train.x)
    )
    # A length of the outputs that only the data show counts as 1.
    outputs = sum(math.prod(size or 1 for size in output.shape[1:]) for output in model.outputs)
    kept: int = recorded * outputs * tf.as_dtype(keras.config.floatx()).size
    return max(1, _BYTES // (batch_size * max(inputs, kept)))
