"""What the units of a layer look for, as images: of any layer of any network on images."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlrecipes.checks import check_choice, check_integer
from dlrecipes.errors import ArgumentError

Floats = NDArray[np.float64]
_VIEWS = ("weights", "maps", "answers")


def layer_outputs(model: keras.Model, x: ArrayLike, layer: str | int) -> NDArray[Any]:
    """Return what a layer puts out for some inputs, in inference mode.

    Args:
        model: A functional or sequential network.
        x: Its inputs, `(examples, ...)`.
        layer: A layer's name, or its place in `model.layers`, from the end if negative.

    Returns:
        `(examples, ...)`.

    Raises:
        ArgumentError: If there is no such layer, or what goes through it cannot be told.

    Example:
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, name="hidden")])
        >>> dlr.diagnose.layer_outputs(model, np.zeros((4, 2)), "hidden").shape
        (4, 3)
    """
    found = _layer(model, layer)
    try:
        inputs = model.inputs[0] if len(model.inputs) == 1 else model.inputs
        part = keras.Model(inputs, found.output)
    except (AttributeError, TypeError, ValueError) as error:
        raise ArgumentError(
            "What a layer puts out is known of functional and sequential networks that have seen "
            "their input's shape.",
            received=f"the layer {found.name!r} of {model.name!r}",
            fix="Begin the network with `keras.Input(...)`.",
        ) from error
    return np.asarray(part.predict(np.asarray(x), verbose=0))


def unit_images(
    model: keras.Model, x: ArrayLike, layer: str | int, *, view: str = "answers"
) -> Floats:
    """Return an image for each unit of a layer.

    `"weights"`: its kernel, of a convolution or of a dense layer right behind the pixels.
    `"maps"`: what it puts out all over the first image, of a layer that has places. `"answers"`:
    the covariance of what it puts out with each pixel, bright where more light makes it answer;
    of any layer, and where it has places of the mean over them.

    Args:
        model: A functional or sequential network on images.
        x: Images, `(images, height, width, channels)` or `(images, height, width)`.
        layer: A layer's name, or its place in `model.layers`, from the end if negative.
        view: `"weights"`, `"maps"` or `"answers"`.

    Returns:
        `(units, height, width)`, the mean over the channels.

    Raises:
        ArgumentError: If there is no such layer, or it cannot be seen like that.

    Example:
        >>> model = dlr.models.build_cnn((8, 8, 1), 3, filters=(4, 6))
        >>> x = np.random.default_rng(0).uniform(size=(5, 8, 8, 1))
        >>> layer = "stage_2_convolution"
        >>> dlr.diagnose.unit_images(model, x, layer, view="maps").shape
        (6, 4, 4)
        >>> dlr.diagnose.unit_images(model, x, layer, view="weights").shape
        (6, 3, 3)
        >>> dlr.diagnose.unit_images(model, x, "hidden_1_activation").shape
        (64, 8, 8)
    """
    images = np.asarray(x, np.float64)
    check_choice("view", view, _VIEWS)
    if images.ndim not in (3, 4) or not len(images):
        raise ArgumentError(
            "`x` must be images, `(images, height, width)` or with channels.",
            received=f"x.shape={images.shape}",
        )
    if view == "weights":
        return _weights(_layer(model, layer), images.shape[1:])
    given = images[:1] if view == "maps" else images
    outputs = layer_outputs(model, given.astype("float32"), layer).astype(np.float64)
    if view == "maps":
        if outputs.ndim != 4:
            raise _unseen(view, f"outputs of shape {outputs.shape}", '`view="answers"`')
        return np.moveaxis(outputs[0], -1, 0)
    answers = outputs.mean(axis=tuple(range(1, outputs.ndim - 1)))
    found = np.tensordot(answers - answers.mean(axis=0), images, axes=(0, 0)) / len(images)
    return _without_channels(found)


def tile_images(images: ArrayLike, *, columns: int | None = None, gap: int = 1) -> Floats:
    """Return one image with all images side by side, each on a scale of its own.

    Args:
        images: `(images, height, width)`.
        columns: How many stand in a row, at least 1; None for about as many as rows.
        gap: Pixels between two, at least 0.

    Returns:
        `(rows, columns)` of pixels from -1 to 1, where 0 is 0 and the largest number of an image
        without its sign is 1; NaN in the gaps.

    Example:
        >>> tiles = dlr.diagnose.tile_images([[[1.0, -2.0]], [[0.0, 4.0]]], columns=2)
        >>> tiles.tolist()
        [[0.5, -1.0, nan, 0.0, 1.0]]
    """
    given = np.asarray(images, np.float64)
    if given.ndim != 3 or not given.size:
        raise ArgumentError(
            "Images to be tiled must be `(images, height, width)`, not empty.",
            received=f"images.shape={given.shape}",
        )
    check_integer("gap", gap, 0)
    count, height, width = given.shape
    across = min(check_integer("columns", columns or math.ceil(count**0.5), 1), count)
    down = -(-count // across)
    largest = np.abs(given).max(axis=(1, 2), keepdims=True)
    scaled = np.divide(given, largest, out=np.zeros_like(given), where=largest > 0)
    tiles = np.full((down * (height + gap) - gap, across * (width + gap) - gap), np.nan)
    for at, image in enumerate(scaled):
        top, left = (at // across) * (height + gap), (at % across) * (width + gap)
        tiles[top : top + height, left : left + width] = image
    return tiles


def class_share(outputs: ArrayLike, y: ArrayLike) -> Floats:
    """Return how much of each unit's variance is told by the class: 0 for nothing, 1 for all.

    Args:
        outputs: What a layer puts out, `(examples, ...)`; each number of an example is a unit.
        y: Classes, `(examples,)`.

    Returns:
        `(units,)`: the variance of the classes' means over the variance; 0 for a unit that
        always puts out the same.

    Raises:
        ArgumentError: If the lengths differ.

    Example:
        >>> outputs = np.array([[0.0, 1.0], [0.0, 3.0], [2.0, 1.0], [2.0, 3.0]])
        >>> dlr.diagnose.class_share(outputs, [0, 0, 1, 1]).tolist()
        [1.0, 0.0]
    """
    classes = np.asarray(y)
    values = np.asarray(outputs, np.float64)
    if classes.ndim != 1 or len(values) != len(classes) or not len(classes):
        raise ArgumentError(
            "There must be a class for each example.",
            received=f"outputs.shape={values.shape}, y.shape={classes.shape}",
        )
    values = values.reshape(len(values), -1)
    middle = values.mean(axis=0)
    between = np.zeros_like(middle)
    for name in np.unique(classes):
        inside = classes == name
        between += inside.mean() * (values[inside].mean(axis=0) - middle) ** 2
    whole = values.var(axis=0)
    share: Floats = np.divide(between, whole, out=np.zeros_like(whole), where=whole > 0)
    return share


def _layer(model: keras.Model, layer: str | int) -> keras.layers.Layer:
    names = [one.name for one in model.layers]
    if isinstance(layer, str) and layer in names:
        return model.get_layer(layer)
    if isinstance(layer, int) and not isinstance(layer, bool) and -len(names) <= layer < len(names):
        return model.layers[layer]
    raise ArgumentError(
        "`layer` must be a layer's name, or its place.",
        received=f"layer={layer!r}",
        fix=f"There are {len(names)}: {', '.join(names[:20])}.",
    )


def _weights(layer: keras.layers.Layer, shape: tuple[int, ...]) -> Floats:
    kernel = getattr(layer, "kernel", None)
    if kernel is None:
        raise _unseen("weights", f"the layer {layer.name!r} without a kernel", "another view")
    values = np.asarray(keras.ops.convert_to_numpy(kernel), np.float64)
    if values.ndim == 4:
        return _without_channels(np.moveaxis(values, -1, 0))
    if values.ndim != 2 or len(values) != math.prod(shape):
        raise _unseen(
            "weights", f"a kernel of shape {values.shape}, images of {shape}", '`view="answers"`'
        )
    return _without_channels(values.T.reshape(-1, *shape))


def _without_channels(images: Floats) -> Floats:
    return images.mean(axis=-1) if images.ndim == 4 else images


def _unseen(view: str, received: str, instead: str) -> ArgumentError:
    rule = {
        "weights": "Only weights right behind the pixels, or of a convolution, are images.",
        "maps": "Only a layer whose outputs have places has maps.",
    }[view]
    return ArgumentError(rule, received=received, fix=f"Take {instead}.")
