"""The activations inside a network: missing, dead, or such as leave next to nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from dlrecipes.diagnose.program.graph import (
    activation_name,
    as_in_training,
    layer_before,
    layer_behind,
    spread_between,
    values_of,
)
from dlrecipes.diagnose.program.program import Program
from dlrecipes.results import Finding

_LAYERS = keras.layers
_RECTIFIED = ("relu", "relu6")
_DEAD = 0.9
_SHAPING = (_LAYERS.Dropout, _LAYERS.Flatten, _LAYERS.Reshape)
_WEIGHTED = (
    _LAYERS.Dense,
    _LAYERS.Conv1D,
    _LAYERS.Conv2D,
    _LAYERS.Conv3D,
    _LAYERS.LSTM,
    _LAYERS.GRU,
    _LAYERS.SimpleRNN,
)
_NEXT_TO_NOTHING = 0.05


def check_hidden_activations(program: Program) -> Iterator[Finding]:
    """Say which activations inside a network are missing, dead or of the wrong kind.

    Args:
        program: The training.
    """
    yield from _linear(program)
    yield from _dead(program)
    yield from _shared_out(program)


def _linear(program: Program) -> Iterator[Finding]:
    """Find weights behind weights with nothing between them that is not linear."""
    weighted = (_LAYERS.Dense, _LAYERS.Conv1D, _LAYERS.Conv2D)
    for layer in program.layers:
        before: Any = layer_before(layer) if isinstance(layer, weighted) else None
        while isinstance(before, _SHAPING) or _changes_nothing(before):
            before = layer_before(before)
        if type(before) is not type(layer) or activation_name(before) != "linear":
            continue
        fan_in = int(np.prod(before.kernel.shape[:-1]))
        middle, width = int(before.kernel.shape[-1]), int(layer.kernel.shape[-1])
        # Fewer units in between than before and behind are a bottleneck, which is one.
        if middle >= min(fan_in, width):
            yield Finding(
                "activations",
                f"No activation stands between {before.name!r} and {layer.name!r}: both are one "
                "linear layer.",
                {"units": middle},
                'Give the first an activation, such as "relu".',
                severity="warning",
            )
            return


def _changes_nothing(layer: Any) -> bool:  # noqa: ANN401  (a layer or an operation)
    """Whether a layer is an activation that has no bend."""
    if isinstance(layer, _LAYERS.LeakyReLU | _LAYERS.ReLU):
        return float(layer.negative_slope or 0.0) == 1
    return isinstance(layer, _LAYERS.Activation) and activation_name(layer) == "linear"


def _dead(program: Program) -> Iterator[Finding]:
    """Find rectified units that give 0 for every example, and so are given no gradient.

    In a step of training: a normalisation that has seen nothing yet lets all through as it is.
    """
    model = program.network
    if not getattr(model, "inputs", None) or len(program.x) != 1:
        return
    layers = [
        layer
        for layer in model.layers
        if activation_name(layer) in _RECTIFIED or isinstance(layer, _LAYERS.ReLU)
    ]
    layers = [layer for layer in layers if len(getattr(layer, "_inbound_nodes", ())) == 1]
    if not layers:
        return
    (x,) = program.x.values()
    rows = np.linspace(0, len(x) - 1, min(len(x), 256)).astype(int)
    try:
        looked_at = keras.Model(model.inputs, [layer.output for layer in layers])
        shown = as_in_training(looked_at, keras.ops.convert_to_tensor(x[rows]))
    except Exception:  # a network that cannot be cut there
        return
    for layer, values in zip(layers, shown if isinstance(shown, list) else [shown], strict=True):
        units = np.asarray(keras.ops.convert_to_numpy(values)).reshape(-1, int(values.shape[-1]))
        dead = float((units <= 0).all(axis=0).mean())
        if dead >= _DEAD:
            yield Finding(
                "activations",
                f"{100 * dead:.0f} % of the units of {layer.name!r} give 0 for every example, and "
                "cannot learn from there.",
                {"share": dead},
                "Begin with biases of 0 and scaled inputs, or use a leaky activation.",
                severity="error",
            )
            return


def _shared_out(program: Program) -> Iterator[Finding]:
    """Find a softmax inside whose shares go on into weights, all of them nearly the same.

    Where shares multiply something they are a gate or attention, and belong there.
    """
    last = {id(output.layer) for output in program.outputs}
    for layer in program.layers:
        if activation_name(layer) != "softmax" or id(layer) in last or not layer.trainable:
            continue
        behind = layer_behind(layer)
        while isinstance(behind, _SHAPING):
            behind = layer_behind(behind)
        if not isinstance(behind, _WEIGHTED) or len(layer._inbound_nodes) != 1:
            continue
        values = values_of(program, layer._inbound_nodes[0].outputs, training=True)
        if values is None or not np.isfinite(values[0]).all():
            continue
        spread, units = spread_between(values[0]), values[0].shape[-1]
        if spread < _NEXT_TO_NOTHING:
            yield Finding(
                "activations",
                f"The softmax of {layer.name!r} inside the network shares out 1 among {units} "
                f"units: between examples they differ by {spread:.2g}, next to nothing for "
                f"{behind.name!r}.",
                {"spread": spread, "units": units},
                'Use "relu" inside; a softmax belongs at the end, or before a product.',
                severity="warning",
            )
            return
