"""Whether outputs, loss and accuracy agree on what the outputs are."""

from __future__ import annotations

import keras
import numpy as np

from dlrecipes.errors import BuilderError
from dlrecipes.targets import OutputKind
from dlrecipes.training.outputs import are_probabilities

_VARIED = 1e-3


def check_kind(kind: OutputKind, outputs: np.ndarray, activation: str, shown: str) -> None:
    """Check that outputs have the values of what their loss takes them for.

    Args:
        kind: What the loss takes them for.
        outputs: Of some examples, `(examples, units)` or `(examples,)`.
        activation: The last layer's, empty if it has none.
        shown: The loss, or whose head it is, for the message.

    Raises:
        BuilderError: If logits are taken for probabilities or probabilities for logits, or if they
            are no probabilities.
    """
    if kind == "values":
        return
    one_unit = outputs.ndim == 1 or outputs.shape[-1] == 1
    if kind == "probabilities" and activation == "linear" and not _plausible(outputs):
        raise BuilderError(
            "The loss expects probabilities, but the last layer is linear (logits).",
            received=shown,
            fix="Use the loss with `from_logits=True`, or give the last layer an activation.",
        )
    if one_unit and activation == "softmax":
        raise BuilderError(
            "The softmax of one unit is 1 for every example.",
            received=shown,
            fix='Use `activation="sigmoid"` for one unit.',
        )
    if not np.isfinite(outputs).all():
        return
    if not one_unit and activation == "sigmoid":
        raise BuilderError(
            "Of classes that exclude each other, each must not have a sigmoid of its own: the "
            "outputs do not sum to 1 and are no probabilities.",
            received=f"{shown}, {outputs.shape[-1]} units with a sigmoid",
            fix='Write `Dense(units, activation="softmax")` with '
            "`SparseCategoricalCrossentropy()`"
            + (
                '; or for two classes one unit, `Dense(1, activation="sigmoid")` with '
                "`BinaryCrossentropy()`."
                if outputs.shape[-1] == 2
                else "."
            ),
        )
    if kind == "probabilities" and not are_probabilities(outputs):
        raise BuilderError(
            "The loss expects probabilities: between 0 and 1, and of several units with the sum 1.",
            received=f"{shown}, outputs of {activation or 'the last layer'} such as "
            f"{np.array2string(outputs[0], precision=3)}",
            fix='Use `activation="sigmoid"` for one unit and "softmax" for several.',
        )
    if kind == "logits" and (_plausible(outputs) or _by_sigmoid(outputs, activation)):
        raise BuilderError(
            "The loss takes the outputs for logits, but they are probabilities.",
            received=f"{shown}, outputs such as {np.array2string(outputs[0], precision=3)}",
            fix="Use the loss with `from_logits=False`, or leave the softmax or sigmoid out.",
        )


def _plausible(outputs: np.ndarray) -> bool:
    """Whether outputs are probabilities, and not by chance: logits may all be 0 or 0.5."""
    rows = outputs.reshape(len(outputs), -1)
    several = rows.shape[1] > 1
    return several and are_probabilities(outputs) and float(np.ptp(rows)) > _VARIED


def _by_sigmoid(outputs: np.ndarray, activation: str) -> bool:
    """Whether outputs of one unit are a sigmoid's, so far as that can be told."""
    if outputs.ndim > 1 and outputs.shape[-1] > 1:
        return False
    unknown = activation == "" and are_probabilities(outputs) and float(np.ptp(outputs)) > _VARIED
    return activation == "sigmoid" or unknown


def check_threshold(metric: keras.metrics.Metric, kind: OutputKind, head: str = "") -> None:
    """Check that an accuracy thresholds outputs of one unit where they mean 50 %.

    Keras' "accuracy" does so at 0.5, also when they are logits.

    Args:
        metric: A metric of the model.
        kind: What the outputs are.
        head: Whose head it is, of several targets.

    Raises:
        BuilderError: If it does not.
    """
    shown = f"metric {metric.name!r}" + (f" of {head!r}" if head else "")
    if not isinstance(metric, keras.metrics.BinaryAccuracy):
        return
    if kind == "logits" and metric.threshold == 0.5:
        raise BuilderError(
            "Accuracy on logits must threshold at 0.",
            received=f"{shown} with threshold=0.5 and a loss from logits",
            fix='Use `keras.metrics.BinaryAccuracy(threshold=0.0, name="accuracy")`.',
        )
    if kind == "probabilities" and metric.threshold <= 0.0:
        raise BuilderError(
            "Accuracy on probabilities must threshold above 0: at 0 every example counts as "
            "positive.",
            received=f"{shown} with threshold={metric.threshold:g}",
            fix='Use `"accuracy"`, which thresholds at 0.5.',
        )
