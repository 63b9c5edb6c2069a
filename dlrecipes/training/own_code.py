"""The code of the user's own classes and functions, without comments."""

from __future__ import annotations

import ast
import hashlib
import inspect
import sys
import textwrap
from collections.abc import Iterable, Iterator
from functools import partial
from types import CodeType, FunctionType
from typing import Any

import numpy as np

_LIBRARIES = {"dlrecipes", "keras", "tensorflow", "numpy", "keras_tuner", "optuna"}


def is_own(module: object) -> bool:
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
        if not is_own(thing.__module__):
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
        return "\n".join(f"{one.__name__} {_compiled(one)}" for one in functions)
    return _digest(thing.__code__)


def _digest(code: CodeType) -> str:
    constants = [_digest(one) if isinstance(one, CodeType) else repr(one) for one in code.co_consts]
    text = repr((code.co_code, code.co_names, code.co_varnames, constants))
    return hashlib.sha256(text.encode()).hexdigest()
