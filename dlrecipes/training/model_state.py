"""All that a training changes in a network, kept and put back."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
from keras.src.backend.common import global_state  # where Keras keeps the seeds of its own numbers

from dlrecipes.training.moving_optimizers import without_scaling

_FILL: dict[Any, Any] = {list: list.extend, dict: dict.update, set: set.update}


@contextmanager
def left_as_they_were(model: keras.Model) -> Iterator[None]:
    """Put back whatever happens to a network inside, a training included, also where it fails.

    Back come, bit for bit: the weights, trainable or not; the optimizer with its variables, its
    number of steps and its learning rate, be it a number or a schedule, and an optimizer without
    variables has none again; metrics and losses; what `compile` has set and the functions that
    `fit`, `evaluate` and `predict` have traced; `stop_training` and `history`; the seeds of the
    layers, of Keras, Python and NumPy. A network without weights has none again.

    Inside, the functions are traced anew, so that another learning rate or loss is heeded.

    Args:
        model: Any network, compiled or not.

    Example:
        >>> from dlrecipes.training.model_state import left_as_they_were
        >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        >>> model.compile("adam", "mse")
        >>> before = model.get_weights()
        >>> with left_as_they_were(model):
        ...     _ = model.fit(np.ones((8, 1)), np.ones(8), verbose=0)
        >>> bool(np.array_equal(before[0], model.get_weights()[0])), model.optimizer.built
        (True, False)
    """
    of_python, of_numpy = random.getstate(), np.random.get_state()  # noqa: NPY002  (the global one)
    of_keras = global_state.get_global_attribute("global_seed_generator")
    things = _things(model)
    kept = [_kept(one) for one in things]
    variables = _variables(model, things)
    if of_keras is not None:
        variables.append(of_keras.state)
    values = [(one, np.array(keras.ops.convert_to_numpy(one))) for one in variables]
    for name in ("train_function", "test_function", "predict_function"):
        setattr(model, name, None)
    try:
        yield
    finally:
        for put_back in kept:
            put_back()
        for variable, value in values:
            variable.assign(value)
        global_state.set_global_attribute("global_seed_generator", of_keras)
        random.setstate(of_python)
        np.random.set_state(of_numpy)  # noqa: NPY002


@contextmanager
def drawn_from(seed: int) -> Iterator[None]:
    """Draw all numbers inside from a seed; Keras, Python and NumPy go on as if none had been drawn.

    Args:
        seed: At least 0.
    """
    of_python, of_numpy = random.getstate(), np.random.get_state()  # noqa: NPY002  (the global one)
    of_keras = global_state.get_global_attribute("global_seed_generator")
    keras.utils.set_random_seed(seed)
    try:
        yield
    finally:
        global_state.set_global_attribute("global_seed_generator", of_keras)
        random.setstate(of_python)
        np.random.set_state(of_numpy)  # noqa: NPY002


def _things(model: keras.Model) -> list[Any]:
    """Return the objects whose attributes a training may set, or fill."""
    layers = [] if model.built else list(model._flatten_layers(include_self=False))
    of_metrics = getattr(model, "_compile_metrics", None)
    asked = [
        getattr(of_metrics, name, None) for name in ("_user_metrics", "_user_weighted_metrics")
    ]
    found = [
        *_nested(getattr(model, "optimizer", None), keras.optimizers.Optimizer),
        *_nested(_handed_out(model), keras.optimizers.Optimizer),
        *_nested(getattr(model, "_compile_loss", None), keras.losses.Loss),
        *(one for metric in model.metrics for one in _nested(metric, keras.metrics.Metric)),
        *_nested(of_metrics, keras.metrics.Metric),
        *_nested(keras.tree.flatten(asked), keras.metrics.Metric),
    ]
    things = [model, *layers, *found]
    return list({id(one): one for one in things}.values())


def _handed_out(model: keras.Model) -> list[Any]:
    """Return the optimizers that a function hands out weight by weight: nothing else holds them."""
    outer = without_scaling(model)
    if not isinstance(outer, keras.optimizers.MultiOptimizer):
        return []
    if isinstance(outer._optimizer_map, keras.optimizers.OptimizerMap):
        return []
    return [outer._optimizer_map(variable) for variable in model.trainable_variables]


def _nested(thing: Any, kind: Any, seen: frozenset[int] = frozenset()) -> list[Any]:  # noqa: ANN401
    """Return an object of a kind and those that its attributes, or a list, hold."""
    if isinstance(thing, list | tuple):
        return [deeper for one in thing for deeper in _nested(one, kind, seen)]
    if not isinstance(thing, kind) or id(thing) in seen:
        return []
    return [thing, *_nested(list(vars(thing).values()), kind, seen | {id(thing)})]


def _variables(model: keras.Model, things: list[Any]) -> list[Any]:
    """Return all variables of a network, its optimizer and its metrics, each once."""
    found = [*model.variables, *model.metrics_variables]
    for one in things:
        found += list(getattr(one, "variables", None) or ())
    return list({id(one): one for one in found}.values())


def _kept(thing: Any) -> Callable[[], None]:  # noqa: ANN401
    """Return what puts an object's attributes back, with the contents of its lists and the like."""
    attributes = dict(vars(thing))
    tracker: Any = attributes.get("_tracker")
    followed = {} if tracker is None else dict(vars(tracker))
    containers = [*attributes.values(), *followed.values()]
    if followed:
        containers += [store for _, store in tracker.config.values()]
        containers += list(tracker.stored_ids.values())
    refills = [refill for one in containers for refill in _refills(one)]

    def put_back() -> None:
        vars(thing).clear()
        vars(thing).update(attributes)
        if followed:
            vars(tracker).update(followed)
        for refill in refills:
            refill()

    return put_back


def _refills(container: Any) -> list[Callable[[], None]]:  # noqa: ANN401  (anything)
    """Return what fills a list, dictionary or set as it is now, past all tracking of changes."""
    # TensorFlow's wrappers hold the contents once more.
    held = [
        container,
        getattr(container, "__wrapped__", None),
        getattr(container, "_storage", None),
    ]
    return [_refill(one, kind) for one in held for kind in _FILL if issubclass(type(one), kind)]


def _refill(container: Any, kind: Any) -> Callable[[], None]:  # noqa: ANN401
    content = kind(container)

    def refill() -> None:
        kind.clear(container)
        _FILL[kind](container, content)

    return refill
