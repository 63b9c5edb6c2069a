"""Predictions as a model might make them, to try its loss and its metrics on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

# So many times at random; logits that far from zero, so that some are sure and others are not.
_TIMES, _SPREAD = 3, 3.0


def plausible_predictions(model: keras.Model, predictions: np.ndarray) -> list[np.ndarray]:
    """Return what a model predicts, and what it might predict once it has learned something.

    Untrained it may predict one class for all examples; then many a metric of batches is 0 for
    every batch, as if it were a mean over examples.

    Args:
        model: A functional model with one output.
        predictions: What it predicts now, `(examples, …)`.

    Returns:
        The predictions and others of the same shape: the last layer's activation of random
        numbers, so that probabilities are probabilities, or where it has none the predictions
        in another order. The same each time.
    """
    generator = np.random.default_rng(0)
    activation = _last_activation(model)
    made = [predictions]
    for _ in range(_TIMES):
        if activation is not None:
            numbers = generator.normal(0.0, _SPREAD, predictions.shape).astype(predictions.dtype)
            made.append(np.asarray(activation(keras.ops.convert_to_tensor(numbers))))
        else:
            made.append(generator.permutation(predictions))
    return made


def _last_activation(model: keras.Model) -> Callable[[Any], Any] | None:
    """Return the activation of what makes a model's output; None if it has none."""
    layer = model.outputs[0]._keras_history.operation
    if isinstance(layer, keras.Model):
        return _last_activation(layer)
    activation = layer if isinstance(layer, keras.layers.Softmax) else None
    activation = getattr(layer, "activation", activation)
    return activation if callable(activation) else None
