"""What must hold of the heads of a model with several targets."""

from __future__ import annotations

from collections.abc import Iterator

import keras

from dlrecipes.errors import BuilderError
from dlrecipes.losses import MaskedMetric
from dlrecipes.results import DataSpec
from dlrecipes.training.outputs import head_activation, output_kinds


def check_heads(model: keras.Model, outputs: object, spec: DataSpec) -> None:
    """Check that a compiled model has a head with a loss for each target, under its name.

    Args:
        model: What the builder returned.
        outputs: What it puts out for a batch.
        spec: The data's description.

    Raises:
        BuilderError: If it has not, if a head's width, loss or accuracy does not fit its target, or
            if the model is not functional.
    """
    names = sorted(target.name for target in spec.targets)
    found = sorted(outputs) if isinstance(outputs, dict) else None
    if found != names:
        raise BuilderError(
            f"A model of several targets must put out a dictionary with {', '.join(names)}.",
            received="one output" if found is None else ", ".join(found) or "no output",
            fix="Use `build_multitask(shape, spec.targets)`.",
        )
    if not isinstance(getattr(model, "output", None), dict):
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
            fix="Compile with `**multitask_objective(spec.targets)`.",
        )
    _check_widths(model, spec)
    _check_kinds(model, spec)


def _check_widths(model: keras.Model, spec: DataSpec) -> None:
    for target in spec.targets:
        shape = tuple(model.output[target.name].shape)
        allowed = (1, 2) if target.task == "binary" else (target.outputs,)
        if len(shape) > 2 or (shape[1] if len(shape) == 2 else 1) not in allowed:
            raise BuilderError(
                f"The head of {target.name!r} must have {target.outputs} unit(s).",
                received=f"an output of shape {shape}",
                fix="Use `TargetSpec.outputs` for the number of units.",
            )


def _check_kinds(model: keras.Model, spec: DataSpec) -> None:
    for name, kind in output_kinds(model, spec).items():
        if kind == "probabilities" and head_activation(model, name) == "linear":
            raise BuilderError(
                "A loss expects probabilities, but the last layer is linear (logits).",
                received=f"the head of {name!r}",
                fix="Use the loss with `from_logits=True`, or give the head an activation.",
            )


def check_head_accuracies(model: keras.Model, spec: DataSpec) -> None:
    """Check that accuracies of logits threshold at 0: Keras' "accuracy" does so at 0.5.

    Args:
        model: A compiled model that has evaluated a batch, so that its metrics are built.
        spec: The data's description.

    Raises:
        BuilderError: If one thresholds at 0.5.
    """
    for name, kind in output_kinds(model, spec).items():
        if kind != "logits" or model.output[name].shape[-1] != 1:
            continue
        for metric in _metrics_of(model, name):
            if isinstance(metric, keras.metrics.BinaryAccuracy) and metric.threshold == 0.5:
                raise BuilderError(
                    "Accuracy on logits must threshold at 0.",
                    received=f"metric {metric.name!r} of {name!r} with threshold=0.5",
                    fix='Use `keras.metrics.BinaryAccuracy(threshold=0.0, name="accuracy")`.',
                )


def _metrics_of(model: keras.Model, name: str) -> Iterator[keras.metrics.Metric]:
    """Return the metrics of one output, as Keras sorts them when it sees the first batch."""
    for group in getattr(model._compile_metrics, "_flat_metrics", None) or []:
        if getattr(group, "output_name", None) == name:
            for metric in group.metrics:
                yield metric.metric if isinstance(metric, MaskedMetric) else metric
