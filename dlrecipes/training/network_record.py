"""What stands for a compiled network: the same in every process that builds it."""

from __future__ import annotations

import hashlib
import inspect
import json
import re
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from dlrecipes.results import NetworkRecord, Value
from dlrecipes.training.own_code import is_own, own_code

_SEEDS = ("seed", "seed_generator")


def record_network(values: dict[str, Value], model: keras.Model) -> NetworkRecord:
    """Return fingerprints of a network's layers, optimizer, loss, metrics and own code.

    They are made of configurations. Names that Keras numbers by itself (`dense_3`) and seeds do
    not matter, nor do initial weights. Functions and classes of the user's own count with their
    code, comments left out.

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
        part: hashlib.sha256(json.dumps(_renamed(what), sort_keys=True).encode()).hexdigest()[:16]
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
        if inspect.isroutine(value) or inspect.isclass(value):
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
        inner = [_plain(one) for one in value]
        return sorted(inner, key=repr) if isinstance(value, set | frozenset) else inner
    if inspect.isroutine(value) or inspect.isclass(value):
        return getattr(value, "__qualname__", type(value).__qualname__)
    if hasattr(value, "get_config"):
        try:
            config = value.get_config()
        except Exception:  # a layer of the user's own need not have one
            config = None
        return {"class_name": type(value).__qualname__, "config": _plain(config)}
    if hasattr(value, "__array__"):
        array = np.asarray(value)
        digest = hashlib.sha256(repr(array.tolist()).encode()).hexdigest()
        return [list(array.shape), str(array.dtype), digest]
    return type(value).__qualname__


def _renamed(described: Any) -> Any:  # noqa: ANN401  (JSON)
    """Return a description with the names that Keras numbers numbered from its own beginning."""
    names: dict[str, str] = {}
    for class_name, name in _named(described):
        stem = re.sub(r"_\d+$", "", name)
        if stem == _snake(class_name) and name not in names:
            names[name] = f"{stem}#{len(names)}"
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


def _snake(class_name: str) -> str:
    """Return the name that Keras gives the first layer of a class."""
    name = re.sub(r"\W+", "", class_name.rsplit(".", 1)[-1])
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
