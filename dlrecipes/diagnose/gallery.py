"""What each layer of a network on images makes of one image."""

from __future__ import annotations

import keras
import numpy as np
from numpy.typing import ArrayLike

from dlrecipes.checks import check_integer
from dlrecipes.diagnose.feature_maps import Floats, tile_images
from dlrecipes.errors import ArgumentError


def layer_gallery(model: keras.Model, image: ArrayLike, *, most: int = 16) -> dict[str, Floats]:
    """Return a picture of the maps of each layer that looks at places, in their order.

    These are the layers with a kernel, or with layers inside, whose outputs have places:
    convolutions and blocks of them. Any other layer is seen by `unit_images`.

    Args:
        model: A functional or sequential network on images.
        image: One of its inputs, `(height, width, channels)`.
        most: Maps that are shown of a layer, the first ones, at least 1.

    Returns:
        `{layer: pixels}`, the maps side by side as `tile_images` has them; empty where no layer
        has places.

    Raises:
        ArgumentError: If `image` is none, or the network does not say what its layers are.

    Example:
        >>> model = dlr.models.build_cnn((8, 8, 1), 3, filters=(4, 6))
        >>> gallery = dlr.diagnose.layer_gallery(model, np.ones((8, 8, 1)))
        >>> {name: pixels.shape for name, pixels in gallery.items()}
        {'stage_1_convolution': (17, 17), 'stage_2_convolution': (9, 14)}
    """
    check_integer("most", most, 1)
    given = np.asarray(image, np.float32)
    if given.ndim != 3:
        raise ArgumentError(
            "`image` must be one image, `(height, width, channels)`.",
            received=f"image.shape={given.shape}",
        )
    try:
        seen = [layer for layer in model.layers if _looks_at_places(layer)]
        outputs = [layer.output for layer in seen]
        inputs = model.inputs[0] if len(model.inputs) == 1 else model.inputs
        made = keras.Model(inputs, outputs)(given[None], training=False) if seen else []
    except (AttributeError, TypeError, ValueError) as error:
        raise ArgumentError(
            "What layers put out is known of functional and sequential networks that have seen "
            "their input's shape.",
            received=f"the network {model.name!r}",
            fix="Begin the network with `keras.Input(...)`.",
        ) from error
    maps = [np.asarray(keras.ops.convert_to_numpy(one), np.float64)[0] for one in made]
    return {
        layer.name: tile_images(np.moveaxis(one, -1, 0)[:most])
        for layer, one in zip(seen, maps, strict=True)
    }


def _looks_at_places(layer: keras.layers.Layer) -> bool:
    kernel = getattr(layer, "kernel", None)
    inside = any(getattr(one, "kernel", None) is not None for one in layer._flatten_layers())
    if isinstance(layer, keras.Model) or not (inside or kernel is not None):
        return False
    return len(getattr(layer.output, "shape", ())) == 4
