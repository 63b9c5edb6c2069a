"""What stands before and behind a layer, and what flows between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.diagnose.program.program import Program, flat_outputs
from dlrecipes.training.outputs import activation_of


def activation_name(layer: Any) -> str:  # noqa: ANN401  (a layer or an operation)
    """Return the name of a layer's activation; empty if it has none."""
    if isinstance(layer, keras.layers.ReLU) and not layer.negative_slope:
        return "relu"
    return activation_of(layer)


def layer_before(layer: Any) -> Any:  # noqa: ANN401  (a layer or an operation)
    """Return the layer whose output another one takes; None if that is unknown or several."""
    nodes = getattr(layer, "_inbound_nodes", None) or []
    if not nodes:
        return None
    tensors = nodes[-1].input_tensors
    history = getattr(tensors[0], "_keras_history", None) if len(tensors) == 1 else None
    operation = getattr(history, "operation", None)
    return None if isinstance(operation, keras.layers.InputLayer) else operation


def shape_before(layer: Any) -> tuple[int | None, ...]:  # noqa: ANN401  (a layer)
    """Return the shape of the one tensor that a layer takes, without examples; empty if several."""
    return _shape(layer, "input")


def shape_behind(layer: Any) -> tuple[int | None, ...]:  # noqa: ANN401  (a layer)
    """Return the shape of the one tensor that a layer gives, without examples; empty if several."""
    return _shape(layer, "output")


def _shape(layer: Any, side: str) -> tuple[int | None, ...]:  # noqa: ANN401
    try:
        (tensor,) = keras.tree.flatten(getattr(layer, side))
    except (AttributeError, ValueError):  # it was never called, or gives several
        return ()
    return tuple(tensor.shape[1:])


def layer_behind(layer: Any) -> Any:  # noqa: ANN401  (a layer or an operation)
    """Return the one layer that takes another's output; None if there is none, or several."""
    nodes = list(getattr(layer, "_outbound_nodes", None) or ())
    return nodes[0].operation if len(nodes) == 1 else None


def reads_inputs(program: Program, layer: Any, through: tuple[type, ...] = ()) -> bool:  # noqa: ANN401
    """Whether a layer takes an input of the network as it is, or as some layers leave it.

    Args:
        program: The training.
        layer: A layer or an operation.
        through: Kinds of layers that may stand between.
    """
    inputs = {id(one) for one in getattr(program.network, "inputs", None) or ()}
    while True:
        nodes = getattr(layer, "_inbound_nodes", None) or []
        if len(nodes) != 1 or len(nodes[0].input_tensors) != 1:
            return False
        (tensor,) = nodes[0].input_tensors
        if id(tensor) in inputs:
            return True
        layer = tensor._keras_history.operation
        if not isinstance(layer, through):
            return False


def values_of(
    program: Program, tensors: Sequence[Any], *, training: bool = False
) -> list[NDArray[Any]] | None:
    """Return what some tensors of a network are for a few examples; None if it cannot be cut there.

    Args:
        program: The training.
        tensors: Symbolic ones, of the network itself and of no model inside of it.
        training: Whether they are what a step of training sees: `BatchNormalization` with the
            means of these examples. The network is left as it was.
    """
    model = program.network
    if not tensors or not getattr(model, "inputs", None):
        return None
    try:
        given = model.inputs if isinstance(model, keras.Sequential) else model.input
        cut = keras.Model(given, list(tensors))
        few = keras.tree.map_structure(keras.ops.convert_to_tensor, program.few)
        shown = as_in_training(cut, few) if training else cut(few, training=False)
        return flat_outputs(shown)
    except Exception:  # a model inside of it, or a layer of one's own
        return None


def as_in_training(network: keras.Model, x: Any) -> Any:  # noqa: ANN401  (tensors in any form)
    """Return what a network puts out in a step of training; its weights and states stay.

    Args:
        network: With weights.
        x: Inputs, as tensors.
    """
    trained, others = network.trainable_variables, network.non_trainable_variables
    shown, _ = network.stateless_call(trained, others, x, training=True)
    return shown


def spread_between(values: NDArray[np.float64]) -> float:
    """Return how far the numbers of an example lie from those of others: a deviation.

    Args:
        values: `(examples, …)`.
    """
    return float(np.sqrt(values.reshape(len(values), -1).var(axis=0).mean()))
