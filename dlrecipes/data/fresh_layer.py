"""A preprocessing layer as it was before it was adapted."""

from __future__ import annotations

import keras

from dlrecipes.errors import DataError

_LEARNED = "learned"
"""The key under which this library's table and text layers keep what they learned."""


def fresh_layer(layer: keras.Layer) -> keras.Layer:
    """Return a layer with the same options that has learned nothing.

    Args:
        layer: A preprocessing layer, adapted or not.

    Raises:
        DataError: If the layer cannot be made again from its configuration.
    """
    if isinstance(layer, keras.Sequential | keras.layers.Pipeline):
        return type(layer)([fresh_layer(inner) for inner in layer.layers])
    config = {name: value for name, value in layer.get_config().items() if name != _LEARNED}
    try:
        return type(layer).from_config(config)
    except (TypeError, ValueError, NotImplementedError) as error:
        raise DataError(
            "A preprocessing layer must be able to start again, for each fold of a "
            "cross-validation.",
            received=f"{type(layer).__name__}: {str(error).splitlines()[-1]}",
            fix="Give it a `get_config` with all its arguments.",
        ) from error
