"""What stands for a compiled network: the same in every process that builds it."""

from __future__ import annotations

import hashlib
import inspect
import json
import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.results import NetworkRecord, Value
from dlrecipes.training.own_code import is_own, own_code

_SEEDS = ("seed", "seed_generator")
_MANY = 100
"""A longer list of numbers or words, such as an embedding's table or a vocabulary, is an array."""


def record_network(values: dict[str, Value], model: keras.Model) -> NetworkRecord:
    """Return fingerprints of a network's layers, optimizer, loss, metrics and own code.

    They are made of configurations. Names of layers and seeds do not matter, nor do initial
    weights. Functions and classes of the user's own count with their code, comments left out.

    Args:
        values: What the builder was given.
        model: What it made.
    """
    compiled = getattr(getattr(model, "_compile_config", None), "config", {})
    described = {
        "network": _describe_layers(model),
        "optimizer": _plain(getattr(model, "optimizer", None)),
        "loss": _plain([compiled.get("loss"), compiled.get("loss_weights")]),
        "metrics": _plain([compiled.get("metrics"), compiled.get("weighted_metrics")]),
        "code": "\n".join(own_code(_own_things(model, compiled))),
    }
    parts = {
        # A metric's name is part of what is asked for; that of a layer changes nothing.
        part: _digest(json.dumps(_renamed(what, every=part == "network"), sort_keys=True).encode())
        for part, what in described.items()
    }
    return NetworkRecord(dict(values), parts)


def _describe_layers(model: keras.Model) -> list[Any]:
    try:
        config = _plain(model.get_config())
    except Exception:  # a model of the user's own need not have one
        config = None
    layers = [_plain(layer) for layer in _layers(model)]
    weights = [
        [list(weight.shape), str(weight.dtype), bool(weight.trainable)] for weight in model.weights
    ]
    return [type(model).__qualname__, config, layers, weights]


def _layers(model: keras.Model) -> list[keras.Layer]:
    return list(model._flatten_layers(include_self=False, recursive=True))


def _own_things(model: keras.Model, compiled: dict[str, Any]) -> Iterator[object]:
    """Yield the user's own classes and functions that a network is made of."""
    yield type(model)
    for layer in [model, *_layers(model)]:
        yield type(layer)
        for _, value in sorted(vars(layer).items()):
            yield value if inspect.isroutine(value) else type(value)
    for value in keras.tree.flatten([list(compiled.values()), getattr(model, "optimizer", None)]):
        if inspect.isroutine(value) or inspect.isclass(value) or isinstance(value, partial):
            yield value
        else:
            yield type(value)
            held = sorted(getattr(value, "__dict__", {}).items())
            yield from (one if inspect.isroutine(one) else type(one) for _, one in held)


def _plain(value: Any) -> Any:  # noqa: ANN401  (anything that a configuration holds)
    """Return a configuration as JSON, with fingerprints for arrays and names for code."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, dict):
        if value.get("class_name") == "__lambda__":  # its code comes with line numbers
            return "lambda"
        return {
            str(name): _plain(inner)
            for name, inner in value.items()
            if name not in _SEEDS and not (name == "module" and is_own(inner))
        }
    if isinstance(value, list | tuple | set | frozenset):
        return _of_several(value)
    if inspect.isroutine(value) or inspect.isclass(value):
        return getattr(value, "__qualname__", type(value).__qualname__)
    if hasattr(value, "get_config"):
        try:
            config = value.get_config()
        except Exception:  # a layer of the user's own need not have one
            config = None
        described = {"class_name": type(value).__qualname__, "config": _plain(config)}
        return {**described, "attributes": _attributes(value)}
    if hasattr(value, "__array__"):
        return _of_array(np.asarray(value))
    return type(value).__qualname__


def _of_several(values: Collection[Any]) -> list[Any]:
    if isinstance(values, list | tuple) and len(values) > _MANY:
        with suppress(ValueError):  # lists of several lengths
            array = np.asarray(values)
            if array.dtype.kind in "biufU":
                return _of_array(array)
    inner = [_plain(value) for value in values]
    return sorted(inner, key=repr) if isinstance(values, set | frozenset) else inner


def _attributes(thing: object) -> dict[str, Any]:
    """Return the plain attributes of the user's own object: its configuration may lack them."""
    if not is_own(type(thing).__module__):
        return {}
    return {
        name: _plain(value)
        for name, value in vars(thing).items()
        if isinstance(value, bool | int | float | str | np.ndarray)
        and not name.startswith("_")
        and name not in ("name", *_SEEDS)
    }


def _of_array(array: NDArray[Any]) -> list[Any]:
    return [list(array.shape), str(array.dtype), _digest(np.ascontiguousarray(array).data)]


def _digest(data: bytes | memoryview) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _renamed(described: Any, *, every: bool) -> Any:  # noqa: ANN401  (JSON)
    """Return a description with names numbered from its own beginning.

    Args:
        described: JSON.
        every: Whether every name is, or only those that Keras numbers (`dense_3`).
    """
    names: dict[str, str] = {}
    for class_name, name in _named(described):
        numbered = re.sub(r"_\d+$", "", name) == default_name(class_name)
        if (every or numbered) and name not in names:
            names[name] = f"{default_name(class_name)}#{len(names)}"
    return _replaced(described, names)


def _named(described: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401  (JSON)
    if isinstance(described, dict):
        config = described.get("config")
        # A layer of the user's own without `get_config` has its name beside its configuration.
        for holder in (config, described):
            name = holder.get("name") if isinstance(holder, dict) else None
            if isinstance(name, str) and "class_name" in described:
                yield str(described["class_name"]), name
        for inner in described.values():
            yield from _named(inner)
    elif isinstance(described, list):
        if len(described) > 1 and isinstance(described[0], str) and isinstance(described[1], dict):
            name = described[1].get("name")  # a model: its class, its configuration
            if isinstance(name, str):
                yield described[0], name
        for inner in described:
            yield from _named(inner)


def _replaced(described: Any, names: dict[str, str]) -> Any:  # noqa: ANN401  (JSON)
    if isinstance(described, dict):
        return {name: _replaced(inner, names) for name, inner in described.items()}
    if isinstance(described, list):
        return [_replaced(inner, names) for inner in described]
    return names.get(described, described) if isinstance(described, str) else described


def default_name(class_name: str) -> str:
    """Return the name that Keras gives the first layer of a class.

    Args:
        class_name: The class's name, as in `"LayerNormalization"`.
    """
    name = re.sub(r"\W+", "", class_name.rsplit(".", 1)[-1])
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
