"""A network whose dropout, noise, augmentation and penalties are off for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import keras

from dlrecipes.layers import InvertedDropout, ScheduledDropout


@contextmanager
def without_chance(model: Any) -> Iterator[None]:  # noqa: ANN401  (a network)
    """Turn dropout, noise, augmentation and penalties off inside.

    Args:
        model: Any network; functions that are traced already keep what they were traced with.
    """
    layers = model._flatten_layers(include_self=False, recursive=True)
    augmenting = keras.layers.RandomFlip.__mro__[1]
    chances = (
        keras.layers.Dropout,
        keras.layers.SpatialDropout1D,
        keras.layers.SpatialDropout2D,
        keras.layers.SpatialDropout3D,
        keras.layers.AlphaDropout,
        keras.layers.GaussianDropout,
        keras.layers.GaussianNoise,
        InvertedDropout,
        ScheduledDropout,
        augmenting,
    )
    with ExitStack() as undo:
        for layer in layers:
            if isinstance(layer, chances):
                object.__setattr__(layer, "call", _unchanged)
                undo.callback(object.__delattr__, layer, "call")
            for name in ("dropout", "recurrent_dropout"):
                if isinstance(getattr(layer, name, None), float):
                    undo.callback(setattr, layer, name, getattr(layer, name))
                    setattr(layer, name, 0.0)
            if getattr(layer, "activity_regularizer", None) is not None:
                undo.callback(setattr, layer, "activity_regularizer", layer.activity_regularizer)
                layer.activity_regularizer = None
        for variable in model.trainable_variables:
            if getattr(variable, "regularizer", None) is not None:
                undo.callback(setattr, variable, "regularizer", variable.regularizer)
                variable.regularizer = None
        yield


def _unchanged(inputs: Any, **options: Any) -> Any:  # noqa: ANN401
    del options
    return inputs
