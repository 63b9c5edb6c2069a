"""What decides whether two models share one graph."""

from __future__ import annotations

import functools
import hashlib
import types
import warnings
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from dlrecipes.losses import MaskedLoss, MaskedMetric
from dlrecipes.training.engines.compiled.leaves import STEPS, all_layers, optimizers_by_path
from dlrecipes.training.moving_optimizers import optimizer_of_each, without_scaling
from dlrecipes.training.network_record import FORMER_MODULES

Values = dict[str, Any]
# Keras numbers its layers and losses as they are made.
_NAMES = ("name", "registered_name")
# Names again, and methods that Keras wraps.
_NOT_LOOKED_AT = (*_NAMES, "_name", "_path", "_parent_path", "_auto_config", "build", "quantize")
# Of objects in objects in closures: some lead back to where they came from.
_DEEPEST = 12
_PLAIN = (str, bytes, int, float, bool, type(None))
KNOWN = (
    *("keras.", "tensorflow."),
    *("dlrecipes.layers", "dlrecipes.losses", "dlrecipes.training.schedules"),
    *FORMER_MODULES.values(),
)
_HELPERS = (
    keras.regularizers.Regularizer,
    keras.initializers.Initializer,
    keras.constraints.Constraint,
    keras.optimizers.schedules.LearningRateSchedule,
)


def describe(model: keras.Model) -> Values:
    """Return everything that a functional model's graph follows from, as `{path: value}`.

    The paths of numbers that can change without a new graph are those of `find_leaves`.

    Args:
        model: A compiled functional model.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a lambda is saved as code: nothing is saved here
        return _described(model)


def _described(model: keras.Model) -> Values:
    layers = all_layers(model)
    names = {layer.name for layer in layers}
    values: Values = {"model": _type_name(model)}
    values |= _flat("topology", _shape_of(model.get_config(), names))
    for index, layer in enumerate(layers):
        path = f"layers/{index}"
        values[path] = _type_name(layer)
        if isinstance(layer, keras.Model):
            continue
        values |= _flat(path, layer.get_config())
        values |= _unseen(path, layer)
        # Its configuration has it under `name`.
        values[f"{path}/policy"] = layer.dtype_policy.name
    optimizers = optimizers_by_path(model)
    for path, optimizer in optimizers.items():
        values[path] = _type_name(optimizer)
        values |= _flat(path, optimizer.get_config())
        values |= _unseen(path, optimizer)
    outer, movers = without_scaling(model), optimizer_of_each(model)
    if isinstance(outer, keras.optimizers.MultiOptimizer):
        # Which weights a pattern is for follows from the layers' names, which are not looked at.
        values["optimizer"] = _type_name(outer)
        places = [id(optimizer) for optimizer in optimizers.values()]
        values["moved by"] = [places.index(id(mover)) for mover in movers]
    if outer is not model.optimizer:
        scaling = model.optimizer.get_config()
        values |= _flat("scaling", {**scaling, "inner_optimizer": None})
    # As are those of a decay.
    values["decayed"] = [
        mover._use_weight_decay(variable.value)
        for mover, variable in zip(movers, model.trainable_variables, strict=True)
    ]
    # A single weight may be frozen.
    values["trained"] = [variable.trainable for variable in model.weights]
    values |= _flat("loss", _serialized(model.loss))
    values |= _flat("loss_weights", getattr(model._compile_loss, "_user_loss_weights", None))
    compiled = model._compile_metrics
    if compiled is not None:
        values |= _flat("metrics", _serialized(compiled._user_metrics))
        values |= _flat("weighted_metrics", _serialized(compiled._user_weighted_metrics))
    return values


def key_of(values: Values, without: set[str]) -> str:
    """Return a digest of a description, some paths left out.

    Args:
        values: What `describe` returned.
        without: Paths that may differ between models of one structure.
    """
    kept = sorted((path, repr(value)) for path, value in values.items() if path not in without)
    return hashlib.sha256(repr(kept).encode()).hexdigest()[:16]


def _shape_of(config: Any, layers: set[str], *, keep: bool = False) -> Any:  # noqa: ANN401
    """Return a model's configuration without its layers' numbers, which `layers/…` has.

    These are floats, and the steps of schedules.

    Args:
        config: JSON-like configuration.
        layers: Names of the layers; what else is in a graph (`x * 0.5`) keeps its floats.
        keep: Whether to keep them.
    """
    if isinstance(config, dict):
        operation = "inbound_nodes" in config and config.get("name") not in layers
        keep = keep or operation
        return {
            name: "#"
            if name in STEPS and not keep
            else _shape_of(inner, layers, keep=keep or name == "inbound_nodes")
            for name, inner in config.items()
        }
    if isinstance(config, list | tuple):
        return [_shape_of(inner, layers, keep=keep) for inner in config]
    return "#" if isinstance(config, float) and not keep else config


def _serialized(value: Any) -> Any:  # noqa: ANN401  (a loss or metric in any form Keras takes)
    if isinstance(value, keras.losses.Loss | keras.metrics.Metric):
        # Not every class shows in its configuration what it was given: Huber lacks its delta.
        options = getattr(value, "_fn_kwargs", None) or {}
        own = {} if _is_known(value) else _held(value)
        function = getattr(value, "_fn", None) or getattr(value, "fn", None)
        config = {**value.get_config(), **options, **own}
        if isinstance(value, MaskedLoss):
            config["loss"] = _serialized(value.loss)
        elif isinstance(value, MaskedMetric):
            config["metric"] = _serialized(value.metric)
        return {"class": _type_name(value), "config": config, "function": function}
    if isinstance(value, list | tuple):
        return [_serialized(inner) for inner in value]
    if isinstance(value, dict):
        return {name: _serialized(inner) for name, inner in value.items()}
    return value


def _unseen(path: str, owner: object) -> Iterator[tuple[str, Any]]:
    """Yield what an object holds that its configuration need not show.

    Functions (a `Lambda`'s, an activation) stand there by their names only, without what they
    have closed over, and classes of the user's own need not have a complete one.
    """
    for name, value in vars(owner).items():
        if isinstance(value, types.FunctionType | functools.partial):
            seen = isinstance(value, types.FunctionType) and _is_known(value)
        elif isinstance(value, _HELPERS):
            seen = _is_known(value)
        else:
            seen = _is_known(owner) or not isinstance(value, _PLAIN)
        if not seen and name not in _NOT_LOOKED_AT:
            yield from _flat(f"{path}/{name}", value)


def _flat(path: str, value: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401
    """Yield the leaves of nested configuration with their paths."""
    if path.count("/") > _DEEPEST:
        return
    if isinstance(value, _PLAIN):
        # Structures are recorded by their keys, which are not to change.
        yield path, FORMER_MODULES.get(value, value) if isinstance(value, str) else value
    elif isinstance(value, dict):
        if _is_code(value):
            return  # not the same text each time; the function itself is looked at
        for name, inner in value.items():
            if name not in _NAMES:
                yield from _flat(f"{path}/{name}", inner)
    elif isinstance(value, list | tuple | set | frozenset):
        yield path, len(value)
        ordered = sorted(value, key=repr) if isinstance(value, set | frozenset) else value
        for index, inner in enumerate(ordered):
            yield from _flat(f"{path}/{index}", inner)
    else:
        yield from _of_object(path, value)


def _is_code(config: Values) -> bool:
    """Whether a configuration is the text of a lambda."""
    value = config.get("value")
    return config.get("class_name") == "__lambda__" or (
        isinstance(value, tuple) and len(value) == 3 and isinstance(value[0], str)
    )


def _of_object(path: str, value: object) -> Iterator[tuple[str, Any]]:
    """Yield what an object's result follows from, with the paths."""
    if isinstance(value, np.ndarray):
        yield path, hashlib.sha256(value.tobytes()).hexdigest()
    elif isinstance(value, np.generic):
        yield path, value.item()
    elif isinstance(value, functools.partial):
        yield from _flat(path, [value.func, list(value.args), value.keywords])
    elif isinstance(value, types.FunctionType):
        yield path, f"{value.__module__}.{value.__qualname__}"
        if not _is_known(value):
            yield from _flat(path, _of_function(value))
    else:
        yield path, _type_name(value)
        if not isinstance(value, type | types.ModuleType) and not _is_known(value):
            yield from _flat(path, _held(value))


def _of_function(function: types.FunctionType) -> Values:
    """Return what a function's result follows from, besides its arguments."""
    code, closure = function.__code__, []
    for cell in function.__closure__ or ():
        try:
            closure.append(cell.cell_contents)
        except ValueError:  # never filled
            continue
    return {
        "code": code.co_code,
        "constants": code.co_consts,
        "names": code.co_names,
        "closure": closure,
        "defaults": list(function.__defaults__ or ()),
        "keywords": function.__kwdefaults__,
    }


def _held(value: object) -> Values:
    """Return the plain values and functions that an object of the user's own holds."""
    kinds = (*_PLAIN, list, tuple, np.ndarray, types.FunctionType, functools.partial)
    held = {**getattr(value, "__dict__", {})}
    return {
        name: inner
        for name, inner in held.items()
        if isinstance(inner, kinds) and name not in _NOT_LOOKED_AT
    }


def _is_known(value: object) -> bool:
    """Whether something is Keras' or ours, so that its configuration tells all."""
    if isinstance(value, types.FunctionType):
        return str(value.__module__).startswith(("keras.", "tensorflow."))
    kind = type(value).__module__
    return kind.startswith(KNOWN)


def _type_name(value: object) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}"
