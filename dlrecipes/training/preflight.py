"""What must hold of a builder's model before anything trains."""

from __future__ import annotations

import keras
import numpy as np

from dlrecipes.checks import did_you_mean
from dlrecipes.data import Development, as_tensors, keras_inputs, keras_targets
from dlrecipes.errors import BuilderError
from dlrecipes.results import Finding, Objective
from dlrecipes.training.heads import find_heads, remarks
from dlrecipes.training.outcome import headline
from dlrecipes.training.outputs import put_out_float32

_ROWS = 8


def check_compiled(model: object) -> keras.Model:
    """Return `model` if it is a compiled Keras model.

    Raises:
        BuilderError: If it is not.
    """
    if not isinstance(model, keras.Model):
        scored = isinstance(model, int | float | np.number | dict | keras.callbacks.History)
        raise BuilderError(
            "A builder must return a compiled keras.Model.",
            received=f"{type(model).__name__}",
            fix="Return the model, and train it in the `fit(self, hp, model, *args, **kwargs)` of "
            "a `keras_tuner.HyperModel`, which may return a score."
            if scored
            else "End it with `return model`.",
        )
    if not model.compiled:
        raise BuilderError(
            "A builder must return a compiled model.",
            received="a model without a loss and an optimizer",
            fix="Call `model.compile(...)` in the builder.",
        )
    return model


def check_model(
    model: object, development: Development, objective: Objective | None
) -> tuple[Finding, ...]:
    """Check one model of the builder against the data, before the first epoch.

    Args:
        model: What the builder returned.
        development: Train and validation data.
        objective: What the study optimises; its metric must exist. None where something else
            than the model may bring it.

    Returns:
        What a reader must know of its outputs, and of an accuracy that is not what it is called.

    Raises:
        BuilderError: If the model is not compiled, does not fit the data's shape or classes,
            lacks the objective's metric, or measures accuracy at the wrong threshold.
    """
    network = check_compiled(model)
    spec, train = development.model_spec, development.train
    if network.built:
        put_out_float32(network)  # as in training
    rows = _some_rows(train.y)
    some = train.inputs[rows]
    x, y = keras_inputs(some), keras_targets(train.y[rows], spec)
    try:
        outputs = keras.tree.map_structure(np.asarray, network(as_tensors(some), training=False))
    except Exception as error:  # whatever Keras raises, the user needs the two shapes
        raise BuilderError(
            "The model must take the data's shape.",
            received=f"input_shape={getattr(network, 'input_shape', None)}, data "
            f"{x.shape[1:] if isinstance(x, np.ndarray) else _shapes(x)}",
            fix=f"Keras says: {headline(error) or type(error).__name__}",
        ) from error
    heads = find_heads(network, outputs, spec)
    try:
        logs = network.evaluate(x, y, batch_size=2 * _ROWS, verbose=0, return_dict=True)
    except Exception as error:
        raise BuilderError(
            "The loss and the metrics must fit the model's output and the labels.",
            received=f"outputs of shape {_shapes(outputs)}, labels of shape {_shapes(y)}",
            fix=f"Keras says: {headline(error) or type(error).__name__}",
        ) from error
    if not np.isfinite(logs["loss"]) and np.isnan(train.y[rows]).any():
        raise BuilderError(
            "The losses of several targets must leave missing ones out.",
            received=f"a loss of {logs['loss']} for examples of which some lack a target",
            fix="Wrap them in `dlrecipes.losses.MaskedLoss`, as `loss_and_metrics` does.",
        )
    several = [name for name, value in logs.items() if np.size(value) > 1]
    if several:
        raise BuilderError(
            "Every metric must give one number.",
            received=f"{several[0]!r} with {np.size(logs[several[0]])} of them",
            fix='Average them, for example with `average="macro"`.',
        )
    names = [f"val_{name}" for name in logs] + list(logs)
    if objective is not None and objective.name not in names:
        raise BuilderError(
            "The objective must be one of the model's metrics.",
            received=f"objective={objective.name!r}",
            fix=f"{did_you_mean(objective.name, names)} This builder has "
            f"{', '.join(names[: len(logs)])}; add the metric in compile().".lstrip(),
        )
    return remarks(network, heads)


def _some_rows(y: np.ndarray) -> np.ndarray:
    """Return the first rows, and of several targets the first that lack one, too."""
    first = np.arange(min(_ROWS, len(y)))
    if y.ndim == 1:
        return first
    incomplete = np.flatnonzero(np.isnan(y).any(axis=1))[:_ROWS]
    return np.union1d(first, incomplete)


def _shapes(arrays: object) -> str:
    if isinstance(arrays, dict):
        return ", ".join(f"{name}: {_shapes(array)}" for name, array in arrays.items())
    array = np.asarray(arrays)
    return f"{array.shape} ({array.dtype})"
