"""Whether a loss from logits takes what stands behind a softmax or a sigmoid."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import keras

_SAID = "received `from_logits=True`, but the `output` argument was produced by"


def looks_through(compute_loss: Callable[[Any], Any], inputs: keras.KerasTensor) -> bool:
    """Return whether Keras takes the logits behind the outputs, of which it warns.

    With `from_logits=True` beside outputs that a softmax or a sigmoid made, Keras' cross-entropies
    compute with that operation's inputs. They know it by a mark on the tensor, and in a graph by
    the operation that made it: neither outlives a cast or a reshape in between, and losses that
    apply a softmax of their own (the focal ones) do not ask. So the loss is computed once, in a
    graph that is thrown away, and what Keras says of it counts.

    Args:
        compute_loss: From inputs to the loss, as in training.
        inputs: The shape and dtype of a few of them.
    """
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        # A layer that is called with a shape alone computes in such a graph.
        _Computed(compute_loss)(inputs)
    return any(_SAID in str(warning.message) for warning in said)


class _Computed(keras.layers.Layer):
    def __init__(self, compute: Callable[[Any], Any]) -> None:
        super().__init__(dtype="float32", autocast=False)
        self._compute = compute

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        return self._compute(inputs)
