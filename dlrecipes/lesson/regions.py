"""The pieces on which a network of `abs` or ReLU is linear, found exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlrecipes.checks import check_choice, check_integer, check_real
from dlrecipes.errors import ArgumentError

Array = NDArray[np.float64]
Layers = list[tuple[Array, Array]]
# What the activation multiplies a negative number by.
_BELOW = {"abs": -1.0, "relu": 0.0}


def linear_regions(
    weights: Sequence[ArrayLike], *, activation: str = "abs", extent: float = 3.0
) -> list[Array]:
    """Return the polygons of a square on each of which a network of two inputs is linear.

    Each unit bends along the line where its input is 0; layer for layer, each polygon that such
    a line crosses is cut in two.

    Args:
        weights: Kernel and bias of each layer in turn, as `model.get_weights()` gives them; the
            last layer is linear.
        activation: Of the hidden layers, `"abs"` or `"relu"`.
        extent: The square is [-extent, extent] x [-extent, extent], above 0.

    Returns:
        The corners of each polygon, `(corners, 2)`; together they fill the square.

    Raises:
        ArgumentError: If the weights are not those of dense layers, or not of two inputs.

    Example:
        >>> model = dlr.models.build_mlp((2,), 1, hidden_units=(2,), activation="abs")
        >>> crossed = [np.eye(2), np.zeros(2), np.ones((2, 1)), np.zeros(1)]
        >>> model.set_weights(crossed)
        >>> len(dlr.lesson.linear_regions(model.get_weights()))
        4

    Reference:
        Montufar et al. 2014, On the Number of Linear Regions of Deep Neural Networks.
    """
    below = _BELOW[check_choice("activation", activation, _BELOW)]
    check_real("extent", extent, 0, low_open=True)
    *hidden, _ = _layers(weights, 2)
    corners = extent * np.array([[-1.0, -1], [1, -1], [1, 1], [-1, 1]])
    # A polygon, and what each unit of the layer before is there: `kernel.T @ point + bias`.
    regions = [(corners, np.eye(2), np.zeros(2))]
    for kernel, bias in hidden:
        found = []
        for polygon, slope, offset in regions:
            slopes, offsets = slope @ kernel, offset @ kernel + bias
            for part in _cut(polygon, slopes, offsets):
                signs = np.where(part.mean(axis=0) @ slopes + offsets < 0, below, 1.0)
                found.append((part, slopes * signs, offsets * signs))
        regions = found
    return [polygon for polygon, _, _ in regions]


def pieces_on_line(
    weights: Sequence[ArrayLike], start: ArrayLike, end: ArrayLike, *, activation: str = "abs"
) -> Array:
    """Return where a network bends on the way from one point to another.

    Args:
        weights: Kernel and bias of each layer in turn; the last layer is linear.
        start: Inputs of the first point, `(inputs,)`.
        end: Those of the last one.
        activation: Of the hidden layers, `"abs"` or `"relu"`.

    Returns:
        The ends of the linear pieces as shares of the way, from 0 to 1: one more than pieces.

    Raises:
        ArgumentError: If the weights are not those of dense layers, or do not fit the points.

    Example:
        >>> weights = [np.eye(1), np.zeros(1), np.ones((1, 1)), np.zeros(1)]  # abs itself
        >>> dlr.lesson.pieces_on_line(weights, [-1], [3]).tolist()
        [0.0, 0.25, 1.0]
    """
    below = _BELOW[check_choice("activation", activation, _BELOW)]
    first, last = (np.asarray(point, np.float64).ravel() for point in (start, end))
    *hidden, _ = _layers(weights, len(first))
    if first.shape != last.shape:
        raise ArgumentError(
            "`start` and `end` must have as many inputs.",
            received=f"{len(first)} and {len(last)} inputs",
        )
    pieces = [(0.0, 1.0, last - first, first)]  # from, to, slope and offset of each unit
    for kernel, bias in hidden:
        found = []
        for low, high, slope, offset in pieces:
            slopes, offsets = slope @ kernel, offset @ kernel + bias
            zeros = -offsets[slopes != 0] / slopes[slopes != 0]
            ends = [low, *np.unique(zeros[(zeros > low) & (zeros < high)]), high]
            for one, other in zip(ends, ends[1:], strict=False):
                signs = np.where((one + other) / 2 * slopes + offsets < 0, below, 1.0)
                found.append((float(one), float(other), slopes * signs, offsets * signs))
        pieces = found
    return np.array([0.0, *(high for _, high, _, _ in pieces)])


def random_weights(sizes: Sequence[int], seed: int) -> list[Array]:
    """Return weights and biases drawn from normal distributions, as a network's are set.

    Args:
        sizes: Numbers of units, inputs and outputs among them: `(2, 20, 1)`.
        seed: An integer; of weights `1 / sqrt(inputs)` is the deviation, of biases 1.

    Example:
        >>> [one.shape for one in dlr.lesson.random_weights((2, 20, 1), seed=0)]
        [(2, 20), (20,), (20, 1), (1,)]
    """
    check_integer("seed", seed, 0)
    generator = np.random.default_rng(seed)
    made: list[Array] = []
    for inputs, units in zip(sizes, sizes[1:], strict=False):
        made += [
            generator.normal(size=(inputs, units)) / np.sqrt(inputs),
            generator.normal(size=units),
        ]
    return made


def folding_weights(layers: int, *, units: int = 4, extent: float = 3.0) -> list[Array]:
    """Return weights by which each layer of `abs` folds an axis four times.

    A layer lays the interval over itself like a zigzag, and what later layers draw appears on
    each of its four sheets: 4 to the power of `layers` pieces along the first of two inputs.

    Args:
        layers: Hidden layers, at least 1.
        units: Their width, at least 3, of which three are used.
        extent: The interval is [-extent, extent].

    Returns:
        Kernel and bias of each layer of `(2, units, …, units, 1)`.

    Example:
        >>> weights = dlr.lesson.folding_weights(2)
        >>> len(dlr.lesson.pieces_on_line(weights, [-3, 0], [3, 0])) - 1
        16
    """
    check_integer("layers", layers, 1)
    check_integer("units", units, 3)
    bends = np.array([0.25, 0.5, 0.75] + [0.0] * (units - 3))
    used = np.array([1.0] * 3 + [0.0] * (units - 3))
    zigzag = np.array([-4.0, 4.0, -4.0] + [0.0] * (units - 3))  # 0, 1, 0, 1, 0 at quarters
    made = [np.outer([1 / (2 * extent), 0.0], used), (0.5 - bends) * used]
    for _ in range(layers - 1):
        made += [np.outer(zigzag, used), (2 - bends) * used]
    return [*made, zigzag[:, None], np.array([2.0])]


def _cut(polygon: Array, slopes: Array, offsets: Array) -> list[Array]:
    """Return the parts into which the lines `point @ slopes + offsets = 0` cut a polygon."""
    parts = [polygon]
    for slope, offset in zip(slopes.T, offsets, strict=True):
        cut: list[Array] = []
        for part in parts:
            heights = part @ slope + offset
            tiny = 1e-12 * (1 + float(np.abs(heights).max()))
            if heights.min() >= -tiny or heights.max() <= tiny:
                cut.append(part)
                continue
            onward, above = np.roll(part, -1, axis=0), np.roll(heights, -1)
            crossed = (heights < 0) != (above < 0)
            step = np.where(crossed, heights / np.where(crossed, heights - above, 1.0), 0.0)
            crossings = part + step[:, None] * (onward - part)
            for side in (heights >= 0, heights < 0):
                corners = [
                    point
                    for at in range(len(part))
                    for point, kept in ((part[at], side[at]), (crossings[at], crossed[at]))
                    if kept
                ]
                cut.append(np.array(corners))
        parts = cut
    return parts


def _layers(weights: Sequence[ArrayLike], inputs: int) -> Layers:
    arrays = [np.asarray(one, np.float64) for one in weights]
    layers = list(zip(arrays[::2], arrays[1::2], strict=False))
    width = inputs
    fits = bool(layers) and len(arrays) % 2 == 0
    for kernel, bias in layers:
        fits &= kernel.ndim == 2 and kernel.shape == (width, bias.size)
        width = bias.size
    if not fits:
        raise ArgumentError(
            f"`weights` must be kernel and bias of each dense layer, beginning with {inputs} "
            "inputs.",
            received=f"arrays of the shapes {[one.shape for one in arrays]}",
        )
    return layers
