"""What a model puts out: logits, probabilities or values."""

from __future__ import annotations

from typing import Literal

import keras

from dlrecipes.losses import MaskedLoss
from dlrecipes.results import DataSpec

OutputKind = Literal["logits", "probabilities", "values"]


def output_kind(model: keras.Model, spec: DataSpec) -> OutputKind:
    """Tell what the outputs of a compiled model are.

    The loss decides (`from_logits`); a loss that does not say leaves it to the activation of
    the last layer.

    Args:
        model: A compiled model.
        spec: The data it is for.
    """
    if spec.task == "regression":
        return "values"
    return _kind(model.loss, last_activation(model))


def output_kinds(model: keras.Model, spec: DataSpec) -> dict[str, OutputKind]:
    """Tell what each output of a compiled model of several targets is, by its target.

    Args:
        model: A compiled functional model with a dictionary of outputs.
        spec: The data it is for.
    """
    kinds: dict[str, OutputKind] = {}
    for target in spec.targets:
        loss = model.loss[target.name] if isinstance(model.loss, dict) else model.loss
        loss = loss.loss if isinstance(loss, MaskedLoss) else loss
        activation = head_activation(model, target.name)
        kinds[target.name] = "values" if not target.classes else _kind(loss, activation)
    return kinds


def head_activation(model: keras.Model, name: str) -> str:
    """Name of the activation of the layer that puts out a target; empty if it has none.

    Args:
        model: A functional model with a dictionary of outputs.
        name: One of the outputs.
    """
    return _activation(model.output[name]._keras_history.operation)


def _kind(loss: object, activation: str) -> OutputKind:
    from_logits = getattr(loss, "from_logits", None)
    if from_logits is None and isinstance(loss, keras.losses.Loss):
        from_logits = loss.get_config().get("from_logits")
    if from_logits is None and not _is_keras_loss(loss):
        from_logits = activation not in ("softmax", "sigmoid")
    return "logits" if from_logits else "probabilities"


def last_activation(model: keras.Model) -> str:
    """Name of the activation of the model's last layer; empty if it has none."""
    layer = model.layers[-1] if getattr(model, "layers", None) else None
    return _activation(layer)


def _activation(layer: object) -> str:
    if isinstance(layer, keras.Model):
        return last_activation(layer)
    if isinstance(layer, keras.layers.Softmax):
        return "softmax"
    return str(getattr(getattr(layer, "activation", None), "__name__", ""))


def _is_keras_loss(loss: object) -> bool:
    """Whether Keras knows the loss: its own functions and names take probabilities."""
    if isinstance(loss, str):
        return True
    return str(getattr(loss, "__module__", "")).startswith("keras.")
