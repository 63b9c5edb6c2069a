"""What stands for a compiled network: the same in every process that builds it."""

from __future__ import annotations

import ast
import hashlib
import inspect
import json
import re
import sys
import textwrap
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from functools import partial
from types import CodeType, FunctionType
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.results import NetworkRecord, Value
from dlrecipes.training.moving_optimizers import moving_optimizers, without_scaling

_SEEDS = ("seed", "seed_generator")
FORMER_MODULES = {"dlrecipes.training.schedules.one_cycle": "dlrecipes.training.one_cycle"}
"""Where things of ours stood when earlier runs were recorded."""
_MANY = 100
"""A longer list of numbers or words, such as an embedding's table or a vocabulary, is an array."""
_LIBRARIES = {"dlrecipes", "keras", "tensorflow", "numpy", "keras_tuner", "optuna"}


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
        "optimizer": _describe_optimizer(model),
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


def _describe_optimizer(model: keras.Model) -> Any:  # noqa: ANN401  (JSON)
    outer = without_scaling(model)
    asks = isinstance(outer, keras.optimizers.MultiOptimizer) and inspect.isroutine(
        outer._optimizer_map
    )
    described = _plain(getattr(model, "optimizer", None))
    # What a function hands out is in no configuration.
    return [described, _plain(moving_optimizers(model))] if asks else described


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
            yield from (thing if inspect.isroutine(thing) else type(thing) for _, thing in held)


def _plain(value: Any) -> Any:  # noqa: ANN401  (anything that a configuration holds)
    """Return a configuration as JSON, with fingerprints for arrays and names for code."""
    if value is None or isinstance(value, bool | int | str):
        return FORMER_MODULES.get(str(value), value)
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, dict):
        if value.get("class_name") == "__lambda__":  # its code comes with line numbers
            return "lambda"
        return {
            str(name): _plain(inner)
            for name, inner in value.items()
            if name not in _SEEDS and not (name == "module" and _is_own(inner))
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
    if not _is_own(type(thing).__module__):
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


def _is_own(module: object) -> bool:
    """Whether a module is the user's: not Python's, not ours, and not installed.

    Args:
        module: Its name.
    """
    root = str(module).partition(".")[0]
    if root in _LIBRARIES or root in sys.stdlib_module_names or root == "builtins":
        return False
    file = str(getattr(sys.modules.get(str(module)), "__file__", None) or "")
    return "site-packages" not in file and "dist-packages" not in file


def own_code(things: Iterable[object]) -> list[str]:
    """Return the code of classes and functions, and of those that they call, each once.

    Formatting, comments and docstrings are left out. Where Python cannot show the source, what
    it compiled to stands for it.

    Args:
        things: Classes and functions; those that are not the user's own are left out.
    """
    found: dict[int, str] = {}
    waiting = list(things)
    while waiting:
        thing = waiting.pop(0)
        thing = inspect.unwrap(thing) if inspect.isfunction(thing) else thing
        thing = getattr(thing, "__func__", thing)
        constants: list[str] = []
        if isinstance(thing, partial):  # its function may be a library's
            waiting.append(thing.func)
            for name, value in [*enumerate(thing.args), *thing.keywords.items()]:
                constants.append(f"{name}={_constant(value)}")
            found[id(thing)] = "\n".join(["partial", *constants])
            continue
        if not isinstance(thing, FunctionType | type) or id(thing) in found:
            continue
        if not _is_own(thing.__module__):
            continue
        for name, value in _used(thing):
            constant = _constant(value)
            if constant:
                constants.append(f"{name}={constant}")
            else:
                waiting.append(value)
        found[id(thing)] = "\n".join([thing.__qualname__, _source(thing), *sorted(set(constants))])
    return sorted(set(found.values()))


def _constant(value: object) -> str:
    """Return numbers, words and arrays as text; empty for anything else."""
    if isinstance(value, bool | int | float | str):
        return repr(value)
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufU":
        return f"{value.shape} {value.dtype} {hashlib.sha256(value.tobytes()).hexdigest()}"
    if isinstance(value, list | tuple) and all(map(_constant, value)):
        return f"[{', '.join(map(_constant, value))}]"
    if isinstance(value, dict) and all(map(_constant, value.values())):
        return f"{{{', '.join(f'{name!r}: {_constant(inner)}' for name, inner in value.items())}}}"
    return ""


def _used(thing: FunctionType | type) -> Iterator[tuple[str, Any]]:
    """Yield what the code refers to: bases, global names, the values it closes over."""
    if isinstance(thing, type):
        yield from ((base.__name__, base) for base in thing.__bases__)
        for member in vars(thing).values():
            member = getattr(member, "fget", getattr(member, "__func__", member))
            if isinstance(member, FunctionType):
                yield from _used(inspect.unwrap(member))
        return
    for name in _names(thing.__code__):
        if name in thing.__globals__:
            yield name, thing.__globals__[name]
    for name, cell in zip(thing.__code__.co_freevars, thing.__closure__ or (), strict=True):
        try:
            yield name, cell.cell_contents
        except ValueError:  # never filled
            continue
    for at, value in enumerate(thing.__defaults__ or ()):
        yield f"default {at}", value


def _names(code: CodeType) -> set[str]:
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= _names(constant)
    return names


def _source(thing: FunctionType | type) -> str:
    try:
        source = textwrap.dedent(inspect.getsource(thing))
    except (OSError, TypeError):
        return _compiled(thing)
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a lambda inside a call
        return " ".join(source.split())
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)


def _compiled(thing: FunctionType | type) -> str:
    if isinstance(thing, type):
        functions = [value for value in vars(thing).values() if isinstance(value, FunctionType)]
        return "\n".join(f"{function.__name__} {_compiled(function)}" for function in functions)
    return _digest_of_code(thing.__code__)


def _digest_of_code(code: CodeType) -> str:
    constants = [
        _digest_of_code(one) if isinstance(one, CodeType) else repr(one) for one in code.co_consts
    ]
    text = repr((code.co_code, code.co_names, code.co_varnames, constants))
    return hashlib.sha256(text.encode()).hexdigest()
