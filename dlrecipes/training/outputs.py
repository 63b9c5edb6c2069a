"""What a model puts out: logits, probabilities or values."""

from __future__ import annotations

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

_TO_PROBABILITIES = ("softmax", "sigmoid")
_HALF = ("float16", "bfloat16")
_ROWS = 2
# How far from 1 the sum of a row of probabilities may be, also in half precision.
_ROUNDING = 0.02
_SAID = "received `from_logits=True`, but the `output` argument was produced by"


def output_kinds(model: keras.Model, spec: DataSpec) -> dict[str, OutputKind]:
    """Tell what each output of a compiled model is, by its target.

    A loss from logits is given logits, unless a softmax or a sigmoid made the outputs and Keras
    looks through it: then they are probabilities. A loss that does not say what it takes leaves it
    to the activation of the last layer.

    Args:
        model: A compiled model; of several targets a functional one, with a dictionary or a list of
            outputs.
        spec: The data it is for.

    Returns:
        `{target: kind}`, where the model has a list of outputs in its order.
    """
    targets = {target.name: target for target in spec.targets}
    names = getattr(model, "output_names", ())
    order = names if set(names) == set(targets) else targets
    return {
        name: kind_of(targets[name]).output_kind(partial(_kind_of_head, model, targets[name], spec))
        for name in order
    }


def named_outputs(model: keras.Model, outputs: Any) -> Any:  # noqa: ANN401  (arrays or tensors)
    """Return a list of several outputs as a dictionary by the names of the layers that make them.

    Args:
        model: The model.
        outputs: What it puts out; all else is returned as it is.
    """
    if not isinstance(outputs, list | tuple) or len(outputs) < 2:
        return outputs
    return dict(zip(model.output_names, outputs, strict=True))


def _kind_of_head(model: keras.Model, target: Target, spec: DataSpec) -> OutputKind:
    loss = head_loss(model, target.name)
    zeros = keras_targets(np.zeros((_ROWS, len(spec.targets)), np.int32), spec)

    def compute_loss(x: keras.KerasTensor) -> keras.KerasTensor:
        outputs = model(x, training=True)
        if isinstance(zeros, dict):
            return loss(zeros[target.name], named_outputs(model, outputs)[target.name])
        return model.compute_loss(x, zeros, outputs, None, training=True)

    return _kind(
        _loss_of(loss), head_layer(model, target.name), partial(_looks, compute_loss, spec)
    )


def head_loss(model: keras.Model, name: str) -> Any:  # noqa: ANN401  (a loss in any form)
    """Return the loss that a compiled model has for a target.

    Args:
        model: A compiled model.
        name: The target's name; empty for the only one.
    """
    if name and isinstance(model.loss, dict):
        return model.loss[name]
    if name and isinstance(model.loss, list | tuple):
        return model.loss[model.output_names.index(name)]
    return _loss_of(model.loss)


def head_layer(model: keras.Model, name: str) -> object:
    """Return what makes the output of a target: a layer or an operation; None if it is unknown.

    Args:
        model: A model; functional if it has several outputs.
        name: The target's name; empty for the only one.
    """
    if not name:
        return _last_layer(model)
    return _innermost(named_outputs(model, model.output)[name]._keras_history.operation)


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


def _kind(loss: object, layer: object, looked: Callable[[], bool]) -> OutputKind:
    from_logits, activation = _from_logits(loss), activation_of(layer)
    if from_logits is None and activation in _TO_PROBABILITIES:
        return "probabilities"
    if from_logits is False:
        return "probabilities"
    # What a layer's own sum puts out cannot be seen through.
    plain = isinstance(layer, keras.layers.Dense) and activation == "linear"
    return "probabilities" if not plain and looked() else "logits"


def _from_logits(loss: object) -> bool | None:
    """Return whether a loss takes logits; None if it does not say."""
    from_logits = getattr(loss, "from_logits", None)
    if from_logits is None and isinstance(loss, keras.losses.Loss):
        from_logits = loss.get_config().get("from_logits")
    if from_logits is None:
        return False if _is_keras_loss(loss) else None
    return bool(from_logits)


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
