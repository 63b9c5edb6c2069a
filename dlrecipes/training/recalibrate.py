"""The moving averages of BatchNormalization, measured again."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from dlrecipes.checks import check_integer
from dlrecipes.errors import ArgumentError
from dlrecipes.training.model_state import left_as_they_were
from dlrecipes.training.without_chance import without_chance


def recalibrate(model: keras.Model, x: Any, *, batch_size: int = 256) -> int:  # noqa: ANN401
    """Set the moving averages of each `BatchNormalization` to what the trained network has.

    While a network is trained they follow its statistics with a delay: with Keras' momentum of
    .99 a few hundred steps. After few steps, or a last jump of the weights, inference then
    normalises with the numbers of an earlier network. Here each average becomes the plain mean
    over batches of `x`, with dropout, noise and augmentation off, as at inference. Weights stay.

    Args:
        model: Any built network; its frozen `BatchNormalization` layers stay as they are.
        x: Training inputs as `predict` takes them: an array, or a list or dictionary of arrays.
        batch_size: Examples in a batch, at least 2. The last batch is left out where it is
            smaller than half of that.

    Returns:
        How many layers were set.

    Raises:
        ArgumentError: If there is no such layer, fewer than two examples, or an average becomes no
            number, as with NaN in `x`: the network is then as it was.

    Example:
        >>> layers = [keras.layers.Dense(4), keras.layers.BatchNormalization(name="norm")]
        >>> model = keras.Sequential([keras.Input((2,)), *layers])
        >>> x = np.random.default_rng(0).normal(size=(500, 2))
        >>> dlr.recalibrate(model, x)
        1
        >>> hidden = model.layers[0](x)
        >>> mean = np.asarray(model.get_layer("norm").moving_mean)
        >>> bool(np.allclose(mean, np.mean(hidden, axis=0), atol=0.1))
        True

    Reference:
        S2; Ioffe & Szegedy, arXiv:1502.03167, algorithm 2.
    """
    check_integer("batch_size", batch_size, 2)
    layers = [
        layer
        for layer in model._flatten_layers(include_self=False, recursive=True)
        if isinstance(layer, keras.layers.BatchNormalization) and layer.built and layer.trainable
    ]
    if not layers:
        raise ArgumentError(
            "A network must have a built, trainable `BatchNormalization` to be recalibrated.",
            received=f"{type(model).__name__} {model.name!r} without one",
            fix="Leave it as it is: it has no moving averages.",
        )
    examples = len(keras.tree.flatten(x)[0])
    if examples < 2:
        raise ArgumentError("It takes two examples to have a spread.", received=f"{examples}")
    found = _measure(model, layers, x, _batches(examples, batch_size))
    if not all(np.isfinite(one).all() for values in found for one in values):
        raise ArgumentError(
            "The averages must be numbers.",
            received="inputs with NaN, or a network that gives it",
            fix="Fill what is missing first.",
        )
    for layer, values in zip(layers, found, strict=True):
        layer.moving_mean.assign(values[0])
        layer.moving_variance.assign(values[1])
    return len(layers)


def _measure(
    model: keras.Model,
    layers: list[Any],
    x: Any,  # noqa: ANN401
    batches: list[slice],
) -> list[tuple[Any, Any]]:
    """Return mean and variance of each layer's inputs; the network is left as it was."""
    momenta = [layer.momentum for layer in layers]
    try:
        with left_as_they_were(model), without_chance(model):
            for at, rows in enumerate(batches):
                for layer in layers:
                    layer.momentum = at / (at + 1)  # so that all batches count alike
                model(
                    keras.tree.map_structure(lambda one, r=rows: _tensor(one[r]), x), training=True
                )
            return [
                (
                    keras.ops.convert_to_numpy(layer.moving_mean).copy(),
                    keras.ops.convert_to_numpy(layer.moving_variance).copy(),
                )
                for layer in layers
            ]
    finally:
        for layer, momentum in zip(layers, momenta, strict=True):
            layer.momentum = momentum


def _batches(examples: int, size: int) -> list[slice]:
    starts = range(0, examples, size)
    cut = [slice(start, min(start + size, examples)) for start in starts]
    if len(cut) > 1 and cut[-1].stop - cut[-1].start < size / 2:
        cut.pop()
    return cut


def _tensor(values: Any) -> Any:  # noqa: ANN401
    return keras.ops.convert_to_tensor(np.asarray(values))
