"""Narrow places: what is left of an example on its way through a network."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from dlrecipes.diagnose.program.graph import (
    activation_name,
    layer_behind,
    shape_before,
    shape_behind,
)
from dlrecipes.diagnose.program.program import Program
from dlrecipes.results import Finding, plural

_NARROW = 3
_FEW_NUMBERS = 8
_CLASSES = 3
_MANY_CLASSES = 6
_WIDER = 8


def check_widths(program: Program) -> Iterator[Finding]:
    """Say where too little is left of an example.

    Args:
        program: The training.
    """
    yield from _pooled(program)
    yield from _between_layers(program)


def _pooled(program: Program) -> Iterator[Finding]:
    wanted = max((output.units for output in program.outputs), default=1)
    classes, last = _classes(program), program.outputs[0].layer
    for layer in program.layers:
        if "Pooling" not in type(layer).__name__ or len(getattr(layer, "_inbound_nodes", ())) != 1:
            continue
        came, left = shape_before(layer), shape_behind(layer)
        if not came or not left or None in came or None in left:
            continue
        before, after = math.prod(map(int, came)), math.prod(map(int, left))  # type: ignore[arg-type]
        # Who pools globally means to; a few features may tell many classes apart.
        by_size = after <= _FEW_NUMBERS and after < classes and hasattr(layer, "pool_size")
        fewer = by_size and _leads_straight(layer, last)
        if (fewer or after < min(_NARROW, wanted)) and before >= 10 * after:
            yield Finding(
                "axes",
                f"{layer.name!r} leaves {plural(after, 'number')} of the {before} of an example.",
                {"before": before, "after": after},
                "Pool less, or after layers that have found features.",
                severity="warning",
            )


def _between_layers(program: Program) -> Iterator[Finding]:
    """Find a layer of one unit or two through which all that tells many classes apart must go."""
    output, classes = program.outputs[0], _classes(program)
    if classes < _CLASSES:
        return
    for layer in program.layers:
        units = getattr(layer, "units", None)
        nodes: list[Any] = getattr(layer, "_inbound_nodes", [])
        if units not in (1, 2) or layer is output.layer or len(nodes) != 1:
            continue
        if len(nodes[0].input_tensors) != 1 or len(nodes[0].outputs) != 1:
            continue
        came, left = nodes[0].input_tensors[0].shape[1:], nodes[0].outputs[0].shape
        if len(left) != 2 or None in came or int(np.prod(came)) < _WIDER:
            continue
        # Numbers of both signs may lay few classes out on a line, or many in a plane.
        behind = layer_behind(layer)
        rectified = "relu" in (activation_name(layer), activation_name(behind))
        if classes < _MANY_CLASSES and not (units == 1 and rectified):
            continue
        if units == 2 and not rectified:
            continue
        if _leads_straight(layer, output.layer):
            yield Finding(
                "axes",
                f"All that is known of an example goes through {plural(units, 'unit')} of "
                f"{layer.name!r}, and {classes} classes are to be told apart behind it.",
                {"units": units, "classes": classes},
                f"Give it {classes} units or more.",
                severity="warning",
            )
            return


def _classes(program: Program) -> int:
    """Return how many classes the only output is to tell apart; 0 if there are none."""
    classes = program.outputs[0].classes
    return 0 if classes is None or len(program.outputs) > 1 else len(np.unique(classes))


def _leads_straight(layer: keras.layers.Layer, last: object) -> bool:
    """Whether nothing joins what a layer puts out on its way to the end."""
    while layer is not last:
        layer = layer_behind(layer)
        nodes = getattr(layer, "_inbound_nodes", None) or []
        if len(nodes) != 1 or len(nodes[0].input_tensors) != 1:
            return False
    return True
