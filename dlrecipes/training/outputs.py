"""What a model puts out: logits, probabilities or values."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.data import keras_targets
from dlrecipes.losses import MaskedLoss
from dlrecipes.results import DataSpec, Target
from dlrecipes.targets import OutputKind, kind_of

BETWEEN_SIGNS = ("tanh", "softsign", "hard_tanh")
"""Activations from -1 to 1."""
_OF_PROBABILITIES = ("crossentropy", "focal", "kl_divergence")
_TO_PROBABILITIES = ("softmax", "sigmoid")
_HALF = ("float16", "bfloat16")
_ROWS = 2
# How far from 1 the sum of a row of probabilities may be, also in half precision.
_ROUNDING = 0.02
_SAID = "received `from_logits=True`, but the `output` argument was produced by"


def output_kinds(model: keras.Model, spec: DataSpec) -> dict[str, OutputKind]:
    """Tell what each output of a compiled model is, by its target.

    A loss from logits is given logits, unless a softmax or a sigmoid made the outputs and Keras
    looks through it: then they are probabilities. So they are under any other loss, several
    sigmoids shares. Of a loss of neither it is asked how it judges a few numbers (`_meant`).

    Args:
        model: A compiled model; of several targets a functional one, with a dictionary or a list of
            outputs.
        spec: The data it is for.

    Returns:
        `{target: kind}`, where the model has a list of outputs in its order.
    """
    targets = {target.name: target for target in spec.targets}
    names = getattr(model, "output_names", ())
    named = set(names) == set(targets) and not spec.target_list
    order = names if named else targets
    return {
        name: kind_of(targets[name]).output_kind(partial(_kind_of_head, model, targets[name], spec))
        for name in order
    }


def named_outputs(
    model: keras.Model,
    outputs: Any,  # noqa: ANN401  (arrays or tensors)
    spec: DataSpec,
) -> Any:  # noqa: ANN401
    """Return a list of several outputs as a dictionary by their targets.

    They have the names of the layers that make them, or belong to the targets by position.

    Args:
        model: The model.
        outputs: What it puts out; all else is returned as it is.
        spec: The data's description.
    """
    if not isinstance(outputs, list | tuple) or len(outputs) < 2:
        return outputs
    names = [target.name for target in spec.targets] if spec.target_list else model.output_names
    return dict(zip(names, outputs, strict=len(names) == len(outputs)))


def output_name(model: keras.Model, target: Target, spec: DataSpec) -> str:
    """Return the name that a model has for the output of a target; empty for the only one.

    Args:
        model: A compiled model.
        target: The target.
        spec: The data's description.
    """
    names = getattr(model, "output_names", None)
    at = [one.name for one in spec.targets].index(target.name)
    if not spec.target_list or names is None or at >= len(names):
        return target.name
    return str(names[at])


def loss_of_target(model: keras.Model, target: Target, spec: DataSpec) -> Any:  # noqa: ANN401
    """Return the loss that a compiled model has for a target, in any form.

    Args:
        model: A compiled model.
        target: The target.
        spec: The data's description.
    """
    return head_loss(model, output_name(model, target, spec))


def _kind_of_head(model: keras.Model, target: Target, spec: DataSpec) -> OutputKind:
    loss, layer = loss_of_target(model, target, spec), head_layer(model, target, spec)
    activation, takes_logits = activation_of(layer), from_logits(loss)
    one_unit = _units(model, target, spec) == 1
    as_they_are: OutputKind = "probabilities" if one_unit or activation == "softmax" else "shares"
    if takes_logits:
        return as_they_are if looks_through(model, target, spec) else "logits"
    if activation in _TO_PROBABILITIES or (takes_logits is False and is_cross_entropy(loss)):
        return as_they_are
    found = _meant(_loss_of(loss), target, one_unit=one_unit)
    return "signs" if found == "logits" and activation in BETWEEN_SIGNS else found


def looks_through(model: keras.Model, target: Target, spec: DataSpec) -> bool:
    """Whether a loss from logits computes with what stands before a softmax or a sigmoid.

    Args:
        model: A compiled model.
        target: Whose output it is.
        spec: The data's description.
    """
    loss, layer = loss_of_target(model, target, spec), head_layer(model, target, spec)
    # What a layer's own sum puts out cannot be seen through.
    if isinstance(layer, keras.layers.Dense) and activation_of(layer) == "linear":
        return False
    zeros = keras_targets(np.zeros((_ROWS, len(spec.targets)), np.int32), spec)
    place = [one.name for one in spec.targets].index(target.name)

    def compute_loss(x: keras.KerasTensor) -> keras.KerasTensor:
        outputs = model(x, training=True)
        if not isinstance(zeros, np.ndarray):
            mine = zeros[place] if isinstance(zeros, list) else zeros[target.name]
            return loss(mine, named_outputs(model, outputs, spec)[target.name])
        return model.compute_loss(x, zeros, outputs, None, training=True)

    return _looks(compute_loss, spec)


def _units(model: keras.Model, target: Target, spec: DataSpec) -> int:
    """Return the width of an output; of a model that does not say it, what the data's head has."""
    if spec.joint:
        return 1
    output = getattr(model, "output", None)
    if output is None:
        try:
            output = _Computed(model)(
                keras.KerasTensor((_ROWS, *spec.input_shape), spec.input_dtype)
            )
        except Exception:  # that it cannot be traced is said elsewhere
            return target.outputs
    named = named_outputs(model, output, spec)
    shape = (named[target.name] if isinstance(named, dict) else keras.tree.flatten(named)[0]).shape
    return int(shape[-1]) if len(shape) > 1 else 1


def _meant(loss: Any, target: Target, *, one_unit: bool) -> OutputKind:  # noqa: ANN401
    """Tell what a loss takes outputs for, from how it judges a few numbers.

    Of one unit: if for the first class -5 is better than 0, only the sign counts, as with logits or
    a hinge; if not, but -1 is, the outputs are near the labels -1 and 1; else near 0 and 1. Of
    several: to logits the same may be added everywhere.

    Args:
        loss: A loss, or its name.
        target: The classes.
        one_unit: Whether an example has one number.
    """
    shape = target.form.shape
    one_hot = shape not in ((), (1,))
    width = shape[0] if one_hot else max(target.num_classes, 2)
    first = np.zeros(1, np.float32 if target.form.dtype.startswith("float") else np.int32)
    rows: NDArray[Any]
    label: NDArray[Any]
    if one_unit:
        first = first + np.asarray(target.form.labels or (0,))[:1].astype(first.dtype)
        label = first.reshape(1, 1)
        rows = np.array([[0.0], [-1.0], [-5.0]], np.float32)
    else:
        row = np.linspace(0.3, 0.6, width, dtype=np.float32)
        rows = np.stack([row, row + 0.2])
        label = np.eye(1, width, dtype=np.float32) if one_hot else first
    try:
        call = keras.losses.get(loss)
        values = [float(np.mean(call(label, row[np.newaxis]))) for row in rows]
    except Exception:  # it takes other labels, or more than these: what Keras' own default is not
        return "logits"
    if not one_unit:
        here, raised = values
        return "logits" if math.isclose(here, raised, rel_tol=1e-3, abs_tol=1e-6) else "shares"
    if values[2] < values[0]:
        return "logits"
    return "signs" if values[1] < values[0] else "shares"


def is_cross_entropy(loss: object) -> bool:
    """Whether a loss is one of Keras' that take a logarithm of probabilities.

    Args:
        loss: What `head_loss` returns.
    """
    loss = _loss_of(loss)
    name = loss if isinstance(loss, str) else getattr(loss, "name", None)
    name = name or getattr(loss, "__name__", "")
    return _is_keras_loss(loss) and any(word in str(name) for word in _OF_PROBABILITIES)


def head_loss(model: keras.Model, name: str) -> Any:  # noqa: ANN401  (a loss in any form)
    """Return the loss that a compiled model has for a target.

    Args:
        model: A compiled model.
        name: The target's name; empty for the only one.
    """
    if name and isinstance(model.loss, dict):
        return model.loss.get(name) or _loss_of(model.loss)
    if name and isinstance(model.loss, list | tuple) and name in model.output_names:
        return model.loss[model.output_names.index(name)]
    return _loss_of(model.loss)


def head_layer(model: keras.Model, target: Target, spec: DataSpec) -> object:
    """Return what makes the output of a target: a layer or an operation; None if it is unknown.

    Args:
        model: A model; functional if it has several outputs.
        target: The target.
        spec: The data's description.
    """
    name = target.name
    named = named_outputs(model, model.output, spec) if name and hasattr(model, "output") else None
    if not isinstance(named, dict):  # one output, also of several targets
        return _last_layer(model)
    return _innermost(named[name]._keras_history.operation)


def _looks(compute_loss: Callable[[Any], Any], spec: DataSpec) -> bool:
    if spec.inputs:
        several = [keras.KerasTensor((_ROWS, *one.shape), one.dtype) for one in spec.inputs]
        return _looks_through(compute_loss, spec.arranged(several))
    inputs = keras.KerasTensor((_ROWS, *spec.input_shape), spec.input_dtype)
    return _looks_through(compute_loss, inputs)


def activation_of(layer: object) -> str:
    """Return the name of a layer's activation; empty if it has none.

    Args:
        layer: What `head_layer` returns.
    """
    name = type(layer).__name__.lower()
    if name in _TO_PROBABILITIES and isinstance(layer, keras.Operation):
        return name  # `keras.layers.Softmax`, or `keras.ops.softmax` in a graph
    return str(getattr(getattr(layer, "activation", None), "__name__", ""))


def are_probabilities(outputs: NDArray[Any]) -> bool:
    """Whether outputs have the values of probabilities.

    Args:
        outputs: Of some examples, `(examples, units)` or `(examples,)`.
    """
    rows = outputs.reshape(len(outputs), -1).astype(np.float64)
    inside = bool((rows >= -_ROUNDING).all() and (rows <= 1.0 + _ROUNDING).all())
    sums = rows.sum(axis=1)
    return inside and (rows.shape[1] == 1 or bool((np.abs(sums - 1.0) <= _ROUNDING).all()))


def put_out_float32(model: keras.Model) -> None:
    """Give each layer that makes an output the float32 policy, if its own is half precision.

    A subclassed model has no such layer that could be told.

    Args:
        model: A built model.
    """
    for output in getattr(model, "outputs", None) or ():
        layer = _innermost(output._keras_history.operation)
        if isinstance(layer, keras.Layer) and layer.compute_dtype in _HALF:
            layer.dtype_policy = "float32"


def from_logits(loss: object) -> bool | None:
    """Return whether a loss takes logits; None if it does not say.

    Args:
        loss: What `head_loss` returns.
    """
    loss = _loss_of(loss)
    said = getattr(loss, "from_logits", None)
    if said is None and isinstance(loss, keras.losses.Loss):
        said = loss.get_config().get("from_logits")
    if said is None:
        return False if _is_keras_loss(loss) else None
    return bool(said)


def _is_keras_loss(loss: object) -> bool:
    """Whether Keras knows the loss: its own functions and names take probabilities."""
    if isinstance(loss, str):
        return True
    return str(getattr(loss, "__module__", "")).startswith("keras.")


def _loss_of(loss: object) -> Any:  # noqa: ANN401  (a loss in any form that Keras takes)
    """Return the one loss in what `compile` was given, which may be a list or dictionary of one."""
    while isinstance(loss, list | tuple | dict) and len(loss) == 1:
        loss = next(iter(loss.values())) if isinstance(loss, dict) else loss[0]
    return loss.loss if isinstance(loss, MaskedLoss) else loss


def _last_layer(model: keras.Model) -> object:
    """Return what makes a model's output, a layer or an operation; None if that is unknown."""
    if getattr(model, "outputs", None):
        return _innermost(model.outputs[0]._keras_history.operation)
    layers = getattr(model, "layers", None)
    return _innermost(layers[-1]) if layers else None


def _innermost(layer: object) -> object:
    return _last_layer(layer) if isinstance(layer, keras.Model) else layer


def _looks_through(compute_loss: Callable[[Any], Any], inputs: Any) -> bool:  # noqa: ANN401
    """Return whether Keras takes the logits behind the outputs, of which it warns.

    With `from_logits=True` beside outputs that a softmax or a sigmoid made, Keras' cross-entropies
    compute with that operation's inputs. They know it by a mark on the tensor, and in a graph by
    the operation that made it: neither outlives a cast or a reshape in between, and losses that
    apply a softmax of their own (the focal ones) do not ask. So the loss is computed once, in a
    graph that is thrown away, and what Keras says of it counts.

    Args:
        compute_loss: From inputs to the loss, as in training.
        inputs: The shape and dtype of a few of them.
    """
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        # A layer that is called with a shape alone computes in such a graph.
        _Computed(compute_loss)(inputs)
    return any(_SAID in str(warning.message) for warning in said)


class _Computed(keras.layers.Layer):
    def __init__(self, compute: Callable[[Any], Any]) -> None:
        super().__init__(dtype="float32", autocast=False)
        self._compute = compute

    def call(self, inputs: Any) -> keras.KerasTensor:  # noqa: ANN401
        return self._compute(inputs)
