"""Axes that are taken for others: channels for steps, features for time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.diagnose.program.graph import layer_before, reads_inputs, values_of
from dlrecipes.diagnose.program.program import Output, Program
from dlrecipes.results import Finding

_LAYERS = keras.layers
_SCALING = (
    _LAYERS.BatchNormalization,
    _LAYERS.Dropout,
    _LAYERS.GaussianNoise,
    _LAYERS.Normalization,
    _LAYERS.Rescaling,
)
"""They leave the axes as they are."""
_PASSING = (*_SCALING, _LAYERS.Activation, _LAYERS.LayerNormalization, _LAYERS.ReLU)
_OF_PICTURES = (_LAYERS.Conv2D, _LAYERS.DepthwiseConv2D, _LAYERS.SeparableConv2D)
_OF_SERIES = (_LAYERS.Conv1D, _LAYERS.SeparableConv1D, _LAYERS.LSTM, _LAYERS.GRU)
_FEATURES_LAST = (_LAYERS.Dense, _LAYERS.Embedding, _LAYERS.LSTM, _LAYERS.GRU, _LAYERS.SimpleRNN)
_MEANS = (_LAYERS.GlobalAveragePooling1D, _LAYERS.GlobalMaxPooling1D)
_OVER_PLACES = (*_MEANS, _LAYERS.GlobalAveragePooling2D, _LAYERS.GlobalMaxPooling2D)
_MOST_CHANNELS = 4
_LEAST_SIDE = 8
_OF_A_PICTURE = 24
_SMOOTH = 0.7
_MOST_SERIES = 16
_LONG = 4
_ONE_CURVE = 0.9
_APART = 0.5
_ROWS = 2000
_NOTHING = 7.0
_PLAIN = 30.0


def check_axes(program: Program) -> Iterator[Finding]:
    """Say where a layer runs along another axis than its author thinks.

    Args:
        program: The training.
    """
    for layer in program.layers:
        found = [*_channels(program, layer), *_pooled_features(program, layer)]
        yield from found
        if found:
            return


def _channels(program: Program, layer: Any) -> Iterator[Finding]:  # noqa: ANN401
    """Find a first layer whose channels are a side of the picture, or the steps of a curve."""
    if not isinstance(layer, (*_OF_PICTURES, *_OF_SERIES)) or len(program.x) != 1:
        return
    last = getattr(layer, "data_format", "channels_last") == "channels_last"
    if not last or not reads_inputs(program, layer, _SCALING):
        return
    (x,) = program.x.values()
    shape = x.shape[1:]
    if x.dtype.kind not in "biuf" or 1 in shape[-1:]:
        return
    some = x[np.linspace(0, len(x) - 1, min(len(x), 64)).astype(int)].astype(float)
    if isinstance(layer, _OF_PICTURES) and len(shape) == 3:
        few, one, other = shape
        as_a_row = few == 1 and layer.kernel_size[0] == 1 and layer.kernel_size[1] > 1
        square = few <= _MOST_CHANNELS and one == other >= _LEAST_SIDE
        picture = few in (1, 3) and min(one, other) >= _OF_A_PICTURE
        if as_a_row or not (square or (picture and _alike(some, 3) > _SMOOTH)):
            return
        said = (
            f"{layer.name!r} takes inputs of shape {shape} for {few} rows of {one} points with "
            f"{other} channels: they look like {few} channels of {one} by {other} points."
        )
        advice = "Put `keras.layers.Permute((2, 3, 1))` before it, or `np.moveaxis(x, 1, -1)`."
    elif isinstance(layer, _OF_SERIES) and len(shape) == 2:
        few, long = shape
        curves = few <= _MOST_SERIES and long >= max(_LONG * few, 2 * _LEAST_SIDE)
        if not curves or _alike(some, 2) < _ONE_CURVE or (few > 1 and _alike(some, 1) > _APART):
            return
        said = (
            f"{layer.name!r} takes inputs of shape {shape} for {few} steps of {long} features: "
            f"neighbours along the last axis go together as the steps of a curve do, those along "
            "the first do not."
        )
        advice = "Put `keras.layers.Permute((2, 1))` before it, or `np.moveaxis(x, 1, -1)`."
    else:
        return
    yield Finding("axes", said, {"shape": list(shape)}, advice, severity="warning")


def _alike(x: NDArray[np.float64], axis: int) -> float:
    """Return how neighbours along an axis correlate, each row along the last axis centred."""
    x = x - x.mean(axis=-1, keepdims=True)
    one = np.take(x, range(x.shape[axis] - 1), axis).reshape(-1)
    other = np.take(x, range(1, x.shape[axis]), axis).reshape(-1)
    size = float(np.sqrt((one**2).sum() * (other**2).sum()))
    return float((one * other).sum()) / size if size > 0 and np.isfinite(size) else 0.0


# ---- pooled over the features


def _pooled_features(program: Program, layer: Any) -> Iterator[Finding]:  # noqa: ANN401
    first = getattr(layer, "data_format", "") == "channels_first"
    if isinstance(layer, _OVER_PLACES) and first:
        source = layer_before(layer)
        while isinstance(source, _PASSING):
            source = layer_before(source)
        of_layers = isinstance(source, _FEATURES_LAST) or (
            getattr(source, "data_format", "") == "channels_last"
        )
        if of_layers:
            yield Finding(
                "axes",
                f"{layer.name!r} pools over the features of {source.name!r}, which puts them "
                "last, and keeps the places.",
                {},
                'Leave `data_format="channels_first"` out.',
                severity="warning",
            )
            return
    if len(program.outputs) == 1 and reads_inputs(program, layer, _SCALING):
        yield from _wrong_means(program, layer)


def _wrong_means(program: Program, layer: Any) -> Iterator[Finding]:  # noqa: ANN401
    """Find means over the features that tell nothing, where those over the steps tell much."""
    nodes = layer._inbound_nodes
    before, after = nodes[0].input_tensors, nodes[0].outputs
    if len(after) != 1 or len(before[0].shape) != 3 or after[0].shape[1:] != before[0].shape[1:2]:
        return
    values = values_of(program, [before[0], after[0]])
    if values is None or len(program.x) != 1:
        return
    came, left = values
    if np.allclose(came.mean(axis=2), left, rtol=1e-3, atol=1e-5):
        reduced: Callable[..., NDArray[np.float64]] = np.mean
    elif np.allclose(came.max(axis=2), left, rtol=1e-3, atol=1e-5):
        reduced = np.max
    else:
        return
    (x,) = program.x.values()
    rows = np.linspace(0, len(x) - 1, min(len(x), _ROWS)).astype(int)
    some = x[rows].astype(float)
    told = _tells(program.outputs[0], rows, reduced(some, axis=2))
    other = _tells(program.outputs[0], rows, reduced(some, axis=1))
    if told < _NOTHING and other > _PLAIN:
        steps, features = before[0].shape[1:]
        yield Finding(
            "axes",
            f"{layer.name!r} makes {steps} numbers of inputs of shape ({steps}, {features}), by "
            f"pooling along the last axis: they tell nothing of the targets (F at most "
            f"{told:.2g}), those along the first would (F {other:.2g}).",
            {"told": told, "other": other},
            "Pool along the other axis.",
            severity="warning",
        )


def _tells(output: Output, rows: NDArray[np.int64], columns: NDArray[np.float64]) -> float:
    """Return the largest F statistic of columns against the targets; infinite if it is unknown."""
    classes = output.classes
    if classes is not None:
        kinds = classes[rows]
        groups = [columns[kinds == kind] for kind in np.unique(kinds)]
        between = sum(len(one) * (one.mean(axis=0) - columns.mean(axis=0)) ** 2 for one in groups)
        free = len(groups) - 1
    elif output.one_column and output.targets.dtype.kind in "biuf":
        y = output.column[rows].astype(float)
        y = (y - y.mean()) / (y.std() or 1.0)
        between = len(y) * (y[:, None] * (columns - columns.mean(axis=0))).mean(axis=0) ** 2
        free = 1
    else:
        return np.inf
    within = len(columns) * columns.var(axis=0) - between
    left = len(columns) - free - 1
    if free < 1 or left < 2 * free or not np.isfinite(within).all():
        return np.inf
    return float(np.max((between / free) / np.maximum(within / left, 1e-12)))
