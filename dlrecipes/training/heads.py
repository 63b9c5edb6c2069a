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
from dlrecipes.results import DataSpec, Finding, Target, plural
from dlrecipes.targets import OutputKind, by_name, if_named, kind_of, named_targets
from dlrecipes.training.outputs import (
    activation_of,
    are_probabilities,
    from_logits,
    head_layer,
    is_cross_entropy,
    loss_of_target,
    named_outputs,
    output_kinds,
    output_name,
)

_OF_TWO = ("crossentropy", "focal")
"""What losses of 0 and 1, whose logarithms -1 has none of, have in their names."""
_OF_INDICES = {
    "CategoricalAccuracy": "SparseCategoricalAccuracy",
    "TopKCategoricalAccuracy": "SparseTopKCategoricalAccuracy",
}
"""Keras' metrics that take class indices for one-hot rows without a word, and what to write."""
_VARIED = 1e-3


@dataclass(frozen=True)
class Head:
    """What a model puts out of one target.

    Args:
        target: The target.
        outputs: Of some examples, `(examples, units)` or `(examples,)`.
        kind: What they are.
        activation: The last layer's, empty if it has none.
        loss: What it is trained with.
        words: Whose they are, for messages: `the head of 'price'`; empty for the only target.
        output: The model's name for the output; empty for the only one.
    """

    target: Target
    outputs: NDArray[Any]
    kind: OutputKind
    activation: str
    loss: Any
    words: str
    output: str = ""

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
        named = by_name(named_outputs(model, outputs, spec), spec)
    except ArgumentError as error:
        raise BuilderError(str(error)) from error
    _check_heads(model, spec)
    for target in spec.targets:
        _check_width(named[target.name], target, spec)
        _check_labels(model, target, spec)
    heads = []
    targets = {target.name: target for target in spec.targets}
    for name, kind in output_kinds(model, spec).items():
        target = targets[name]
        activation = activation_of(head_layer(model, target, spec))
        loss = loss_of_target(model, target, spec)
        words = "" if spec.joint else if_named(target, f"the head of {name!r}")
        output = output_name(model, target, spec)
        head = Head(target, named[name], kind, activation, loss, words, output)
        _check_kind(head, head.words or f"loss={model.loss!r}")
        heads.append(head)
    return heads


def _check_heads(model: keras.Model, spec: DataSpec) -> None:
    """Check that a model of several targets has a head and a loss for each."""
    several = () if spec.joint else named_targets(spec)
    names = [output_name(model, target, spec) for target in several]
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
    kind = kind_of(target)
    allowed = kind.widths
    spare = kind.spare_units and width > target.num_classes
    if outputs.ndim <= 2 and (width in allowed or spare):
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


def _check_labels(model: keras.Model, target: Target, spec: DataSpec) -> None:
    """Refuse a loss of 0 and 1 for labels that are -1 and 1: it would train on nonsense."""
    loss = loss_of_target(model, target, spec)
    name = loss if isinstance(loss, str) else getattr(loss, "name", getattr(loss, "__name__", ""))
    if target.form.labels and any(word in str(name) for word in _OF_TWO):
        raise BuilderError(
            "A cross-entropy takes labels of 0 and 1.",
            received=f"loss {name!r} for labels of "
            f"{' and '.join(f'{label:g}' for label in target.form.labels)}",
            fix="Hand them over as y=(y + 1) // 2, or use a loss of -1 and 1.",
        )


def remarks(model: keras.Model, heads: list[Head]) -> tuple[Finding, ...]:
    """Say what a reader must know of outputs that are no plain logits or probabilities.

    Args:
        model: A compiled model that has evaluated a batch, so that its metrics are built.
        heads: Its heads.

    Raises:
        BuilderError: If an accuracy takes every probability for a positive one.
    """
    found: list[Finding] = []
    for head in heads:
        if head.kind == "values":
            continue
        whose = f" of {head.target.shown!r}" if head.words else ""
        _check_one_hot(model, head, whose)
        found += _threshold_remarks(model, head, whose)
        said = _of_outputs(head)
        if said:
            found.append(Finding(f"outputs{whose}", said))
    return tuple(finding for at, finding in enumerate(found) if finding not in found[:at])


def _of_outputs(head: Head) -> str:
    """Return how outputs become probabilities, where that is not plain; else nothing."""
    target, activation = head.target, head.activation
    width = 1 if head.one_unit else head.outputs.shape[-1]
    said = []
    if width > 1 and width > target.num_classes:
        said.append(
            f"The network has {plural(width, 'unit')} for {target.num_classes} classes: the share "
            "of those that no class uses is left out of the probabilities."
        )
    if head.kind == "shares" and activation == "sigmoid":
        said.append(
            f"The {width} sigmoids of classes that exclude each other do not sum to 1: the "
            "probabilities are their shares of the sum."
        )
    elif head.kind == "shares" and head.one_unit:
        said.append(
            "The loss compares the output with 0 and 1: the probability is the output, cut at 0 "
            "and 1, so that 0.5 decides."
        )
    elif head.kind == "shares":
        said.append(
            "The outputs are no probabilities: these are the outputs' shares of their sum, so that "
            "the largest decides."
        )
    elif head.kind == "signs":
        said.append(
            "The outputs are from -1 to 1, and their sign decides: the probability is "
            "(1 + output) / 2, which says how sure a network is only if the loss is squared."
        )
    elif head.kind == "logits" and from_logits(head.loss) is not True:
        said.append(
            "The loss does not say what it takes, and judges the outputs as logits: the "
            f"probability is their {'sigmoid' if head.one_unit else 'softmax'}."
        )
    if head.kind == "logits" and (activation in ("softmax", "sigmoid") or _plausible(head.outputs)):
        said.append(
            f"The outputs are those of a {activation or 'softmax'}, and the loss applies its own "
            "to them: so are the probabilities found, and their logarithm is the loss. It is "
            "from_logits=False that was probably meant."
        )
    return " ".join(said)


def _check_one_hot(model: keras.Model, head: Head, whose: str) -> None:
    """Refuse a metric that takes class indices for one-hot rows: it would mean nothing."""
    if head.one_unit or head.target.form.shape not in ((), (1,)):
        return
    for metric in _metrics_of(model, head.output):
        for one_hot, of_indices in _OF_INDICES.items():
            if isinstance(metric, getattr(keras.metrics, one_hot)):
                raise BuilderError(
                    "Loss and metrics must take labels in the same form.",
                    received=f"metric {metric.name!r}{whose}, which takes one-hot labels, beside a "
                    "loss that takes class indices",
                    fix=f"Use `keras.metrics.{of_indices}()`, or a categorical loss.",
                )


def _threshold_remarks(model: keras.Model, head: Head, whose: str) -> Iterator[Finding]:
    """Say where Keras' accuracy is not the share that is classified right."""
    if not head.one_unit:
        return
    for metric in _metrics_of(model, head.output):
        if not isinstance(metric, keras.metrics.BinaryAccuracy):
            continue
        threshold = float(metric.threshold)
        if head.kind in ("probabilities", "shares") and threshold <= 0.0:
            raise BuilderError(
                "Accuracy on probabilities must threshold above 0: at 0 every example counts as "
                "positive.",
                received=f"metric {metric.name!r}{whose} with threshold={threshold:g}",
                fix='Use `"accuracy"`, which thresholds at 0.5.',
            )
        signed = bool(head.target.form.labels)
        if not signed and (head.kind not in ("logits", "signs") or threshold == 0.0):
            continue
        if signed:
            why = "compares with 0 and 1, and the labels are -1 and 1"
            advice = "Hand the labels over as y=(y + 1) // 2, or leave the metric out."
        else:
            why = f"thresholds at {threshold:g}, and these outputs mean 50 % at 0"
            advice = 'Use keras.metrics.BinaryAccuracy(threshold=0.0, name="accuracy").'
        yield Finding(
            f"accuracy{whose}",
            f"The metric {metric.name!r}{whose} {why}: in the search it is Keras' number, as asked "
            "for, and not the share that is classified right. The accuracy of the refits and of "
            "the test is that share.",
            {"threshold": threshold},
            advice,
            severity="warning",
        )


def _metrics_of(model: keras.Model, name: str) -> Iterator[keras.metrics.Metric]:
    """Return the metrics of an output, as Keras sorts them when it sees the first batch."""
    groups = getattr(model._compile_metrics, "_flat_metrics", None) or []
    if not name or len(groups) < 2:
        yield from _flat(model.metrics)
        return
    for group in groups:
        if getattr(group, "output_name", None) == name:
            yield from _flat(group.metrics)


def _flat(metrics: list[keras.metrics.Metric]) -> Iterator[keras.metrics.Metric]:
    for metric in metrics:
        inner = getattr(metric, "metrics", None)
        if inner:
            yield from _flat(inner)
        else:
            yield metric.metric if isinstance(metric, MaskedMetric) else metric


def _check_kind(head: Head, shown: str) -> None:
    """Check that outputs have the values of what their loss takes them for.

    Args:
        head: The outputs of some examples, and what the loss takes them for.
        shown: The loss, or whose head it is, for the message.

    Raises:
        BuilderError: If logits are taken for probabilities or probabilities for logits, or if they
            are no probabilities.
    """
    kind, outputs, activation = head.kind, head.outputs, head.activation
    if kind == "values":
        return
    by_logarithm = kind in ("probabilities", "shares") and is_cross_entropy(head.loss)
    if by_logarithm and activation == "linear" and not _plausible(outputs):
        raise BuilderError(
            "The loss expects probabilities, but the last layer is linear (logits).",
            received=shown,
            fix="Use the loss with `from_logits=True`, or give the last layer an activation.",
        )
    if head.one_unit and activation == "softmax":
        raise BuilderError(
            "The softmax of one unit is 1 for every example.",
            received=shown,
            fix='Use `activation="sigmoid"` for one unit.',
        )
    if not np.isfinite(outputs).all():
        return
    positive = kind == "shares" and bool((outputs >= 0).all())
    if by_logarithm and not positive and not are_probabilities(outputs):
        raise BuilderError(
            "The loss expects probabilities: between 0 and 1, and of several units with the sum 1.",
            received=f"{shown}, outputs of {activation or 'the last layer'} such as "
            f"{np.array2string(outputs[0], precision=3)}",
            fix='Use `activation="sigmoid"` for one unit and "softmax" for several.',
        )
    if kind == "logits" and _by_sigmoid(outputs, activation):
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
