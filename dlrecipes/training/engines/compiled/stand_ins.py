"""What stands for data that is not at hand: a few examples for all, plausible predictions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

# So many times at random; logits that far from zero, so that some are sure and others are not.
_TIMES, _SPREAD = 3, 3.0


def few_rows(
    targets: Sequence[NDArray[Any]], sample_weight: NDArray[Any] | None, count: int
) -> NDArray[np.int64]:
    """Return the rows of a few examples of all classes, the same each time.

    They are sorted by class, so that the first half of them is made up differently from the
    second: a metric of batches is then not the mean of what it is for the halves. Of several
    targets there are the examples of each, and the halves of theirs in the two halves.

    Args:
        targets: Each `(examples,)` or `(examples, 1)`, of floats perhaps with NaN where they are
            missing; of others, such as one-hot labels `(examples, classes)`, the first examples
            are taken.
        sample_weight: Weights `(examples,)`, over which the rows of a class spread; or None.
        count: How many at most of each target, at least 2; of more classes (or values) some are
            left out.
    """
    rows = [_of_target(target, sample_weight, count) for target in targets]
    low = [picked[: len(picked) // 2] for picked in rows]
    high = [picked[len(picked) // 2 :] for picked in rows]
    return np.concatenate(low + high)


def _of_target(
    y: NDArray[Any], sample_weight: NDArray[Any] | None, count: int
) -> NDArray[np.int64]:
    """Return rows in which a target is known, sorted by it."""
    values = np.unique(y[y == y])  # noqa: PLR0124 - NaN alone is not equal to itself
    if y.size != len(y) or not values.size:
        return np.arange(min(count, len(y)))
    y = y.reshape(-1)
    classes = [np.flatnonzero(y == value) for value in _spread(values, count)]
    picked: list[NDArray[np.int64]] = []
    for done, rows in enumerate(sorted(classes, key=len)):
        # The frequent classes make up for those with fewer examples than their share.
        share = (count - sum(map(len, picked))) // (len(classes) - done)
        if sample_weight is not None:
            rows = rows[np.argsort(sample_weight[rows], kind="stable")]
        picked.append(_spread(rows, share))
    found = np.concatenate(picked)
    return found[np.argsort(y[found], kind="stable")]


def _spread(values: NDArray[Any], count: int) -> NDArray[Any]:
    """Return at most so many of the values, evenly from the first to the last."""
    places = np.linspace(0, len(values) - 1, min(count, len(values))).astype(int)
    spread: NDArray[Any] = values[places]
    return spread


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
    now = [np.asarray(output) for output in keras.tree.flatten(predictions)]
    activations = [last_activation(output) for output in model.outputs]
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


def last_activation(output: keras.KerasTensor) -> Callable[[Any], Any] | None:
    """Return the activation of what makes one of a model's outputs; None if it has none."""
    layer, _, at = output._keras_history
    if isinstance(layer, keras.Model):
        return last_activation(layer.outputs[at])
    activation = layer if isinstance(layer, keras.layers.Softmax) else None
    activation = getattr(layer, "activation", activation)
    return activation if callable(activation) else None
