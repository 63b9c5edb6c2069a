"""How much of an epoch is handed over at once."""

from __future__ import annotations

import math

import keras
import tensorflow as tf

from dlrecipes.training.engines.compiled.device_data import DeviceData

# So much fits into the processor's cache beside the weights.
_BYTES = 2**24


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
    inputs: int = math.prod(train.x.shape[1:]) * train.x.dtype.size
    # A length of the outputs that only the data show counts as 1.
    outputs = sum(math.prod(size or 1 for size in one.shape[1:]) for one in model.outputs)
    kept: int = recorded * outputs * tf.as_dtype(keras.config.floatx()).size
    return max(1, _BYTES // (batch_size * max(inputs, kept)))
