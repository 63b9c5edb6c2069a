"""A part of the data, on the device."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from dlrecipes.data import Split


@dataclass(frozen=True)
class DeviceData:
    """A split's arrays as tensors.

    Args:
        x: Inputs `(examples, …)`.
        y: Targets, in the form that Keras is given them.
        sample_weight: `(examples,)` or None.
    """

    x: tf.Tensor
    y: tf.Tensor
    sample_weight: tf.Tensor | None

    @classmethod
    def of(cls, split: Split, y: np.ndarray) -> DeviceData:
        """Move a split to the device, floating-point arrays in Keras' float type.

        Args:
            split: Its inputs and weights are taken.
            y: Its targets as `keras_targets` returns them.
        """
        return cls(
            _tensor(split.array),
            _tensor(y),
            None if split.sample_weight is None else _tensor(split.sample_weight),
        )

    def __len__(self) -> int:
        return int(self.x.shape[0])


def _tensor(array: np.ndarray) -> tf.Tensor:
    floating = np.issubdtype(array.dtype, np.floating)
    return tf.constant(array.astype(keras.config.floatx()) if floating else array)
