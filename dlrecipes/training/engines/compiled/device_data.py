"""A part of the data, on the device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from dlrecipes.data import Split


@dataclass(frozen=True)
class DeviceData:
    """A split's arrays as tensors.

    Args:
        x: Inputs `(examples, …)`.
        y: Targets, in the form that Keras is given them: a tensor, or a structure of such.
        sample_weight: `(examples,)` or None.
    """

    x: tf.Tensor
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
            _tensor(split.array),
            keras.tree.map_structure(_tensor, y),
            None if split.sample_weight is None else _tensor(split.sample_weight),
        )

    def map(self, function: Callable[[tf.Tensor], tf.Tensor]) -> tuple[tf.Tensor, Any, Any]:
        """Return inputs, targets and weights (None without) after a function of each tensor."""
        weight = self.sample_weight
        y = keras.tree.map_structure(function, self.y)
        return function(self.x), y, None if weight is None else function(weight)

    def __len__(self) -> int:
        return int(self.x.shape[0])


def _tensor(array: np.ndarray) -> tf.Tensor:
    floating = np.issubdtype(array.dtype, np.floating)
    return tf.constant(array.astype(keras.config.floatx()) if floating else array)
