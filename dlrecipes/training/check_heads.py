"""What must hold of the heads of a model with several targets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras

from dlrecipes.errors import BuilderError
from dlrecipes.losses import MaskedMetric
from dlrecipes.results import DataSpec, plural
from dlrecipes.training.check_kind import check_kind, check_threshold
from dlrecipes.training.outputs import head_activation, output_kinds


def check_heads(model: keras.Model, outputs: Any, spec: DataSpec) -> None:  # noqa: ANN401
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
    for name, kind in output_kinds(model, spec).items():
        values = keras.ops.convert_to_numpy(outputs[name])
        check_kind(kind, values, head_activation(model, name), f"the head of {name!r}")


def _check_widths(model: keras.Model, spec: DataSpec) -> None:
    for target in spec.targets:
        shape = tuple(model.output[target.name].shape)
        allowed = (1, 2) if target.task == "binary" else (target.outputs,)
        if len(shape) > 2 or (shape[1] if len(shape) == 2 else 1) not in allowed:
            raise BuilderError(
                f"The head of {target.name!r} must have {plural(target.outputs, 'unit')}.",
                received=f"an output of shape {shape}",
                fix="Use `TargetSpec.outputs` for the number of units.",
            )


def check_head_accuracies(model: keras.Model, spec: DataSpec) -> None:
    """Check that accuracies threshold outputs of one unit where they mean 50 %.

    Args:
        model: A compiled model that has evaluated a batch, so that its metrics are built.
        spec: The data's description.

    Raises:
        BuilderError: If one does not.
    """
    for name, kind in output_kinds(model, spec).items():
        if model.output[name].shape[-1] == 1:
            for metric in _metrics_of(model, name):
                check_threshold(metric, kind, name)


def _metrics_of(model: keras.Model, name: str) -> Iterator[keras.metrics.Metric]:
    """Return the metrics of one output, as Keras sorts them when it sees the first batch."""
    for group in getattr(model._compile_metrics, "_flat_metrics", None) or []:
        if getattr(group, "output_name", None) == name:
            for metric in group.metrics:
                yield metric.metric if isinstance(metric, MaskedMetric) else metric
