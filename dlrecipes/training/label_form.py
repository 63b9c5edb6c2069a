"""In which form labels are handed to Keras, found from the compiled loss and metrics."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from dlrecipes.data import Development, keras_inputs, keras_targets
from dlrecipes.results import DataSpec, Target, TargetForm
from dlrecipes.targets import by_name
from dlrecipes.training.outputs import loss_of_target, named_outputs

_ROWS = 11
_MOST_TRIED, _MOST_CLASSES = 24, 4
_RELATIVE, _ABSOLUTE = 1e-3, 1e-5
_PLAIN = ((), (1,))

_KERAS_STEP = keras.Model.test_step

Logs = Mapping[str, float]


def fit_forms(model: keras.Model, development: Development) -> tuple[Target, ...]:
    """Return the targets with labels in the form that a model's loss and metrics are written for.

    The form in which they were handed in is kept where loss and metrics compute with it what is
    meant. Others are tried where one of them raises an error, and where labels are silently spread
    over the batch: `(examples,)` beside outputs `(examples, 1)` by what is written in plain
    TensorFlow, or the `argmax` of class indices that were taken for one-hot rows. That shows where
    a batch gives something else than its examples one at a time, or than labels of the outputs'
    own shape.

    Args:
        model: A compiled model, built; its metrics are built anew afterwards.
        development: Train and validation data.

    Returns:
        `spec.targets`, some in another form, which is marked as found; as they are where no form
        fits, which the check of the model says.
    """
    spec = development.model_spec
    if spec.joint:  # one array, which came from Python
        return spec.targets
    trial = _Trial(model, development)
    try:
        widths = trial.shapes()
    except Exception:  # a model that does not fit the data is refused elsewhere
        return spec.targets
    if any(target.name not in widths for target in spec.targets):
        return spec.targets
    choices = [list(_forms(target, widths[target.name])) for target in spec.targets]
    handed = tuple(forms[0] for forms in choices)
    like_outputs = tuple(
        replace(target.form, shape=widths[target.name]) if _one(widths[target.name]) else form
        for target, form in zip(spec.targets, handed, strict=True)
    )
    logs = trial.logs(handed)
    told_apart = trial.tells_apart(handed, widths)
    if logs is not None and told_apart and _same(logs, trial.logs(like_outputs) or logs):
        several = any(not _one(widths[target.name]) for target in spec.targets)
        if not several or _same(logs, trial.logs(handed, one_by_one=True) or {}):
            return spec.targets
    for forms in _tried(choices, like_outputs, single=not spec.keyed):
        found = trial.logs(forms)
        if found is None or not trial.tells_apart(forms, widths):
            continue
        # One that runs is left only for one that is sure.
        if logs is None or not told_apart or forms == like_outputs:
            return _with_forms(spec, forms)
        if _same(found, trial.logs(forms, one_by_one=True) or {}):
            return _with_forms(spec, forms)
    return spec.targets


def form_in_words(form: TargetForm) -> str:
    """Return what labels look like in a form, for messages.

    Args:
        form: How a target is handed to Keras.
    """
    dtype = form.dtype or "whole numbers"
    if form.shape in _PLAIN:
        shape = "(examples,)" if not form.shape else "a column (examples, 1)"
        return f"{shape} of {dtype}" if form.dtype else shape
    return f"one-hot rows (examples, {form.shape[0]}) of {dtype}"


class _Trial:
    """A model's loss and metrics of a few examples, without a graph."""

    def __init__(self, model: keras.Model, development: Development) -> None:
        train, self._spec = development.train, development.model_spec
        self._model, self._y = model, train.y[:_ROWS]
        self._x = keras.tree.map_structure(
            keras.ops.convert_to_tensor, keras_inputs(train.inputs[:_ROWS])
        )
        self._outputs: Any = None
        # A step of the user's own may do anything with labels; Keras' needs the outputs only once.
        self._own_step = type(model).test_step is not _KERAS_STEP

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of one example's output, by target."""
        self._outputs = self._model(self._x, training=False)
        outputs = named_outputs(self._model, self._outputs, self._spec)
        return {name: tuple(part.shape[1:]) for name, part in by_name(outputs, self._spec).items()}

    def logs(self, forms: tuple[TargetForm, ...], *, one_by_one: bool = False) -> Logs | None:
        """Return what the model says of labels in some forms; None if it raises an error.

        Args:
            forms: One a target.
            one_by_one: Whether the examples are given one at a time.
        """
        spec = replace(self._spec, targets=_with_forms(self._spec, forms))
        y = keras_targets(self._y, spec)
        size = 1 if one_by_one else len(self._y)
        try:
            _forget(self._model)
            found: Mapping[str, Any] = {}
            losses = []
            for start in range(0, len(self._y), size):
                part = slice(start, start + size)
                batch = keras.tree.map_structure(
                    lambda array, part=part: keras.ops.convert_to_tensor(array[part]), y
                )
                if self._own_step:
                    found = self._model.test_step((self._x[part], batch))
                    continue
                x = self._x[part]
                outputs = keras.tree.map_structure(
                    lambda array, part=part: array[part], self._outputs
                )
                loss = self._model.compute_loss(x, batch, outputs, None, training=False)
                losses.append(_number(loss))
                found = self._model.compute_metrics(x, batch, outputs, None)
            logs = {name: _number(value) for name, value in found.items()}
            return {**logs, "loss": float(np.mean(losses))} if losses else logs
        except Exception:  # whatever a loss or a metric says of labels that it is not made for
            return None
        finally:
            _forget(self._model)

    def tells_apart(
        self, forms: tuple[TargetForm, ...], shapes: Mapping[str, tuple[int, ...]]
    ) -> bool:
        """Whether each class's loss is least where the outputs name it, as far as that is known.

        Labels that are spread over the units give a loss, too, but not of the class.

        Args:
            forms: One a target.
            shapes: The shape of one example's output, by target.
        """
        for target, form in zip(_with_forms(self._spec, forms), forms, strict=True):
            shape = shapes[target.name]
            if target.class_names and not _one(shape):
                loss = loss_of_target(self._model, target, self._spec)
                if not _tells_apart(loss, form, target.num_classes, shape[-1]):
                    return False
        return True


def _tells_apart(loss: Any, form: TargetForm, classes: int, width: int) -> bool:  # noqa: ANN401
    one_hot = form.shape not in _PLAIN
    indices = np.arange(classes)
    labels = np.eye(form.shape[0])[indices] if one_hot else indices.reshape(-1, *form.shape)
    labels = labels.astype(form.dtype or np.int32)
    outputs = np.full((classes, width), 0.1, np.float32)
    outputs[indices, indices] = 0.8
    try:
        call = keras.losses.get(loss)
        table = [
            [float(np.mean(call(labels[at : at + 1], row[np.newaxis]))) for row in outputs]
            for at in indices[:_MOST_CLASSES]
        ]
    except Exception:  # what is no function of labels and outputs cannot be asked
        return True
    return all(min(row) == row[at] < max(row) for at, row in enumerate(table))


def _forget(model: keras.Model) -> None:
    """Let the next labels say what `"accuracy"` means, and how large a metric is."""
    model.reset_metrics()
    if model._compile_metrics is not None:
        model._compile_metrics.built = False


def _number(value: Any) -> float:  # noqa: ANN401  (a tensor, or a number)
    return float(np.mean(keras.ops.convert_to_numpy(value)))


def _forms(target: Target, shape: tuple[int, ...]) -> Iterator[TargetForm]:
    """Yield the forms that labels of a target may have beside an output, the given one first."""
    yield target.form
    if _one(shape):
        for form in (replace(target.form, shape=shape), TargetForm(shape, "float32")):
            if target.class_names or not form.dtype:
                yield form if not target.form.labels else replace(form, labels=target.form.labels)
    elif target.class_names:
        yield TargetForm()
        yield TargetForm((1,))
        if shape[-1] >= target.num_classes:
            yield TargetForm((shape[-1],), "float32")


def _one(shape: tuple[int, ...]) -> bool:
    return shape in _PLAIN


def _tried(
    choices: list[list[TargetForm]], like_outputs: tuple[TargetForm, ...], *, single: bool
) -> Iterator[tuple[TargetForm, ...]]:
    """Yield the forms of all targets to try, those of the outputs' own shapes first."""
    yield like_outputs
    if single:
        yield from ((form,) for form in choices[0][1:])
    else:
        yield from itertools.islice(itertools.product(*choices), 1, _MOST_TRIED)


def _same(logs: Logs, others: Logs) -> bool:
    return logs.keys() == others.keys() and all(
        math.isclose(value, others[name], rel_tol=_RELATIVE, abs_tol=_ABSOLUTE)
        or (math.isnan(value) and math.isnan(others[name]))
        for name, value in logs.items()
    )


def _with_forms(spec: DataSpec, forms: tuple[TargetForm, ...]) -> tuple[Target, ...]:
    return tuple(
        target if form == target.form else replace(target, form=replace(form, found=True))
        for target, form in zip(spec.targets, forms, strict=True)
    )
