"""Targets and outputs in the form that Keras has: one array, or a dictionary of several."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from dlrecipes.errors import ArgumentError
from dlrecipes.results import DataSpec, Target
from dlrecipes.targets.each_target import target_columns

Value = TypeVar("Value")


def keras_targets(
    y: NDArray[Any], spec: DataSpec
) -> NDArray[Any] | dict[str, NDArray[Any]] | list[NDArray[Any]]:
    """Return the targets of a part in the form that they were handed in.

    A column `(examples, 1)` stays one: beside a network's `(examples, 1)`, targets `(examples,)`
    are spread over `(examples, examples)` by what is written in plain TensorFlow or NumPy, such as
    a metric of the user's own, and nothing says so. One-hot labels are one-hot, and labels of -1
    and 1 are these.

    Args:
        y: `(examples,)`, or `(examples, targets)` where the data has several.
        spec: The data's description.

    Returns:
        `(examples, …)`; of several targets one such array by the name of each model output, or in
        a list where they belong to the outputs by position, or `(examples, targets)` where the
        model has one output for all.

    Example:
        >>> splits = dlr.data.from_arrays(
        ...     np.arange(10.0).reshape(-1, 1), np.array([[0.5], [1.5]] * 5)
        ... )
        >>> splits.train.y[:2].tolist()
        [0.5, 1.5]
        >>> dlr.data.keras_targets(splits.train.y, splits.raw_spec)[:2].tolist()
        [[0.5], [1.5]]
    """
    if spec.joint:
        columns = [_in_form(column, target) for target, column in target_columns(y, spec)]
        return np.stack(columns, axis=1)
    forms = {target.name: _in_form(column, target) for target, column in target_columns(y, spec)}
    return list(forms.values()) if spec.target_list else in_form(forms, spec)


def _in_form(column: NDArray[Any], target: Target) -> NDArray[Any]:
    form = target.form
    if form.shape not in ((), (1,)):
        return np.eye(form.shape[0], dtype=form.dtype or np.float32)[column.astype(np.int64)]
    if form.labels:
        column = np.asarray(form.labels)[column]
    return column.astype(form.dtype or column.dtype, copy=False).reshape(-1, *form.shape)


def shaped_targets(y: NDArray[Any], spec: DataSpec) -> NDArray[Any]:
    """Return encoded targets in the shape in which they were handed in, for a fingerprint.

    Args:
        y: `(examples,)`, or `(examples, targets)` where the data has several.
        spec: The data's description.
    """
    if spec.keyed:
        return y
    shape = spec.target.form.shape
    return (
        y.reshape(*y.shape, *shape) if shape in ((), (1,)) else np.eye(shape[0])[y.astype(np.int64)]
    )


def in_form(by_name: Mapping[str, Value], spec: DataSpec) -> Value | dict[str, Value]:
    """Return what belongs to each target as Keras has it: by itself, or by name.

    Args:
        by_name: `{target: value}`, under the empty name of the only one.
        spec: The data's description.
    """
    return dict(by_name) if spec.keyed else by_name[""]


def by_name(outputs: Any, spec: DataSpec) -> dict[str, Any]:  # noqa: ANN401  (arrays or tensors)
    """Return the outputs of a model by their targets, the reverse of `in_form`.

    Args:
        outputs: One output, also of several targets in one array, or a dictionary of several.
        spec: The data's description.

    Raises:
        ArgumentError: If there is not one for each target.
    """
    if not spec.keyed:
        return {"": outputs}
    names = sorted(target.name for target in spec.targets)
    if spec.joint and not isinstance(outputs, dict):
        if len(outputs.shape) != 2 or outputs.shape[-1] != len(names):
            raise ArgumentError(
                f"A model of {len(names)} targets in one array must have {len(names)} units.",
                received=f"an output of shape {(None, *outputs.shape[1:])}",
            )
        return {target.name: outputs[:, at : at + 1] for at, target in enumerate(spec.targets)}
    found = sorted(outputs) if isinstance(outputs, dict) else None
    if found != names:
        raise ArgumentError(
            "A model of several targets must put out a dictionary, or a list of layers, with their "
            f"names: {', '.join(names)}.",
            received="one output" if found is None else ", ".join(found) or "no output",
            fix="Use `build_multitask(shape, spec.targets)`.",
        )
    return {name: outputs[name] for name in names}
