"""Predictions as a model might make them, to try its loss and its metrics on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

# So many times at random; logits that far from zero, so that some are sure and others are not.
_TIMES, _SPREAD = 3, 3.0


def plausible_predictions(model: keras.Model, predictions: object) -> list[Any]:
    """Return what a model predicts, and what it might predict once it has learned something.

    Untrained it may predict one class for all examples; then many a metric of batches is 0 for
    every batch, as if it were a mean over examples.

    Args:
        model: A functional model.
        predictions: What it predicts now, `(examples, …)`, in the structure of its outputs.

    Returns:
        The predictions and others of the same shape and structure: the last layer's activation of
        random numbers, so that probabilities are probabilities, or where it has none the
        predictions in another order. The same each time.
    """
    generator = np.random.default_rng(0)
    now = [np.asarray(one) for one in keras.tree.flatten(predictions)]
    activations = [_last_activation(one) for one in model.outputs]
    made = [now]
    for _ in range(_TIMES):
        made.append([_made(*both, generator) for both in zip(now, activations, strict=True)])
    return [keras.tree.pack_sequence_as(predictions, flat) for flat in made]


def _made(
    now: np.ndarray, activation: Callable[[Any], Any] | None, generator: np.random.Generator
) -> np.ndarray:
    if activation is None:
        return generator.permutation(now)
    numbers = generator.normal(0.0, _SPREAD, now.shape).astype(now.dtype)
    return np.asarray(activation(keras.ops.convert_to_tensor(numbers)))


def _last_activation(output: keras.KerasTensor) -> Callable[[Any], Any] | None:
    """Return the activation of what makes one of a model's outputs; None if it has none."""
    layer, _, at = output._keras_history
    if isinstance(layer, keras.Model):
        return _last_activation(layer.outputs[at])
    activation = layer if isinstance(layer, keras.layers.Softmax) else None
    activation = getattr(layer, "activation", activation)
    return activation if callable(activation) else None
