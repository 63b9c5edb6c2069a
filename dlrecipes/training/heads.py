"""The heads of a model: what it puts out of each target, and whether loss and accuracy agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.errors import ArgumentError, BuilderError
from dlrecipes.losses import MaskedMetric
from dlrecipes.results import DataSpec, Target, plural
from dlrecipes.targets import OutputKind, by_name, if_named, kind_of, named_targets
from dlrecipes.training.outputs import (
    activation_of,
    are_probabilities,
    head_layer,
    head_loss,
    named_outputs,
    output_kinds,
)

_OF_TWO = ("crossentropy", "focal")
"""What losses of 0 and 1, whose logarithms -1 has none of, have in their names."""
_VARIED = 1e-3


@dataclass(frozen=True)
class Head:
    """What a model puts out of one target.

    Args:
        target: The target.
        outputs: Of some examples, `(examples, units)` or `(examples,)`.
        kind: What they are.
        words: Whose they are, for messages: `the head of 'price'`; empty for the only target.
    """

    target: Target
    outputs: NDArray[Any]
    kind: OutputKind
    words: str

    @property
    def one_unit(self) -> bool:
        """Whether an example has one number."""
        return self.outputs.ndim == 1 or self.outputs.shape[-1] == 1


def find_heads(model: keras.Model, outputs: Any, spec: DataSpec) -> list[Head]:  # noqa: ANN401
    """Return a model's heads, after checking that each fits its target.

    Args:
        model: A compiled model.
        outputs: What it puts out for a batch.
        spec: The data's description.

    Raises:
        BuilderError: If there is not one head with a loss for each target, under its name where
            there are several, or if a head's width or loss does not fit its target.
    """
    try:
        named = by_name(named_outputs(model, outputs), spec)
    except ArgumentError as error:
        raise BuilderError(str(error)) from error
    _check_heads(model, spec)
    for target in spec.targets:
        _check_width(named[target.name], target, spec)
        _check_labels(model, target)
    heads = []
    targets = {target.name: target for target in spec.targets}
    for name, kind in output_kinds(model, spec).items():
        target = targets[name]
        head = Head(target, named[name], kind, if_named(target, f"the head of {name!r}"))
        shown = head.words or f"loss={model.loss!r}"
        _check_kind(kind, head.outputs, activation_of(head_layer(model, name)), shown)
        heads.append(head)
    return heads


def _check_heads(model: keras.Model, spec: DataSpec) -> None:
    """Check that a model of several targets has a head and a loss for each."""
    names = [target.name for target in named_targets(spec)]
    if names and not isinstance(getattr(model, "output", None), dict | list | tuple):
        raise BuilderError(
            "A model of several targets must be functional: its heads are exported by name.",
            received=type(model).__name__,
            fix="Build it as `keras.Model(inputs, {name: output, …})`.",
        )
    lacking = [name for name in names if isinstance(model.loss, dict) and name not in model.loss]
    if lacking:
        raise BuilderError(
            "Every target must have a loss.",
            received=f"none for {', '.join(lacking)}",
            fix="Compile with `**loss_and_metrics(spec.targets)`.",
        )


def _check_width(outputs: NDArray[Any], target: Target, spec: DataSpec) -> None:
    width = outputs.shape[-1] if outputs.ndim > 1 else 1
    allowed = kind_of(target).widths
    if outputs.ndim <= 2 and width in allowed:
        return
    *fewer, most = allowed
    wanted = " or ".join([*map(str, fewer), plural(most, "unit")])
    only = f"The last layer of a model for this {spec.task} data"
    whose = if_named(target, f"The head of {target.name!r}", only)
    raise BuilderError(
        f"{whose} must have {wanted}.",
        received=f"an output of shape {(None, *outputs.shape[1:])}",
        fix="Use `spec.outputs`, or of several targets the `outputs` of each, for the number of "
        "units.",
    )


def _check_labels(model: keras.Model, target: Target) -> None:
    """Refuse a loss of 0 and 1 for labels that are -1 and 1: it would train on nonsense."""
    loss = head_loss(model, target.name)
    name = loss if isinstance(loss, str) else getattr(loss, "name", getattr(loss, "__name__", ""))
    if target.form.labels and any(word in str(name) for word in _OF_TWO):
        raise BuilderError(
            "A cross-entropy takes labels of 0 and 1.",
            received=f"loss {name!r} for labels of "
            f"{' and '.join(f'{label:g}' for label in target.form.labels)}",
            fix="Hand them over as y=(y + 1) // 2, or use a loss of -1 and 1.",
        )


def check_accuracies(model: keras.Model, heads: list[Head]) -> None:
    """Check that accuracies threshold outputs of one unit where they mean 50 %.

    Args:
        model: A compiled model that has evaluated a batch, so that its metrics are built.
        heads: Its heads.

    Raises:
        BuilderError: If one does not, or if it compares with labels of 0 and 1 where they are -1
            and 1.
    """
    for head in heads:
        if not head.one_unit or head.kind == "values":
            continue
        for metric in _metrics_of(model, head.target.name):
            _check_threshold(metric, head.kind, head.target.name)
            if head.target.form.labels and isinstance(metric, keras.metrics.BinaryAccuracy):
                raise BuilderError(
                    "Accuracy compares with labels of 0 and 1.",
                    received=f"metric {metric.name!r} for labels of -1 and 1",
                    fix="Hand them over as y=(y + 1) // 2, or leave the metric out: accuracy is "
                    "reported in any case.",
                )


def _metrics_of(model: keras.Model, name: str) -> Iterator[keras.metrics.Metric]:
    """Return the metrics of an output, as Keras sorts them when it sees the first batch."""
    if not name:
        yield from _flat(model.metrics)
        return
    for group in getattr(model._compile_metrics, "_flat_metrics", None) or []:
        if getattr(group, "output_name", None) == name:
            yield from _flat(group.metrics)


def _flat(metrics: list[keras.metrics.Metric]) -> Iterator[keras.metrics.Metric]:
    for metric in metrics:
        inner = getattr(metric, "metrics", None)
        if inner:
            yield from _flat(inner)
        else:
            yield metric.metric if isinstance(metric, MaskedMetric) else metric


def _check_kind(kind: OutputKind, outputs: np.ndarray, activation: str, shown: str) -> None:
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


def _check_threshold(metric: keras.metrics.Metric, kind: OutputKind, head: str = "") -> None:
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
