"""What each convolution of a network on images makes of one image."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from numpy.typing import ArrayLike

from dlrecipes.checks import check_integer
from dlrecipes.diagnose.feature_maps import Floats, tile_images
from dlrecipes.errors import ArgumentError


def layer_gallery(model: keras.Model, image: ArrayLike, *, most: int = 16) -> dict[str, Floats]:
    """Return a picture of the maps of each convolution, in the order in which they are called.

    Convolutions inside of blocks and of models in the model are among them. Any other layer is
    seen by `unit_images`.

    Args:
        model: A network on images.
        image: One of its inputs, `(height, width, channels)`.
        most: Maps that are shown of a layer, the first ones, at least 1.

    Returns:
        `{layer: pixels}`, the maps side by side as `tile_images` has them; empty where there is no
        convolution. A layer is called by the path of its weights.

    Raises:
        ArgumentError: If `image` is none.

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
    gallery: dict[str, Floats] = {}
    seen = [layer for layer in model._flatten_layers() if _is_convolution(layer)]
    try:
        for layer in seen:
            name = layer.kernel.path.rpartition("/")[0].removeprefix(f"{model.name}/")
            layer.call = _recorded(name, layer.call, gallery, most)
        model(given[None], training=False)
    finally:
        for layer in seen:
            layer.__dict__.pop("call", None)  # the method of its class again
    return gallery


def _is_convolution(layer: keras.layers.Layer) -> bool:
    kernel = getattr(layer, "kernel", None)
    return kernel is not None and len(kernel.shape) == 4


def _recorded(
    name: str, call: Callable[..., Any], gallery: dict[str, Floats], most: int
) -> Callable[..., Any]:
    """Return what calls a layer and keeps the maps that it puts out."""

    def calling(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  (whatever the layer takes)
        outputs = call(*args, **kwargs)
        if len(getattr(outputs, "shape", ())) == 4:
            maps = np.asarray(keras.ops.convert_to_numpy(outputs), np.float64)[0]
            gallery[name] = tile_images(np.moveaxis(maps, -1, 0)[:most])
        return outputs

    return calling
