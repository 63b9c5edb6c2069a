"""What a model puts out: logits, probabilities or values."""

from __future__ import annotations

from typing import Literal

import keras

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
    from_logits = getattr(model.loss, "from_logits", None)
    if from_logits is None and isinstance(model.loss, keras.losses.Loss):
        from_logits = model.loss.get_config().get("from_logits")
    if from_logits is None and not _is_keras_loss(model.loss):
        from_logits = last_activation(model) not in ("softmax", "sigmoid")
    return "logits" if from_logits else "probabilities"


def last_activation(model: keras.Model) -> str:
    """Name of the activation of the model's last layer; empty if it has none."""
    layer = model.layers[-1] if getattr(model, "layers", None) else None
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
