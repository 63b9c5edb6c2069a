"""The arguments of a recipe's `load`, which are options of the command line."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

_ITEM = re.compile(r"(\w+): (.*)")


@dataclass(frozen=True)
class RecipeOption:
    """One argument of `load`.

    Args:
        name: Its name.
        default: What it is if it is left out; `inspect.Parameter.empty` if it must be given.
        help: What the docstring says of it; empty if it says nothing.
    """

    name: str
    default: Any
    help: str


def load_options(load: Callable[..., Any]) -> tuple[RecipeOption, ...]:
    """Return the arguments of a recipe's `load` in their order.

    Where `load` hands others on (`**options`), those of the loaders of `dlrecipes.data` that its
    docstring names follow.

    Args:
        load: The function.
    """
    found: dict[str, RecipeOption] = {}
    for function in _followed(load):
        said = _said(function)
        for name, parameter in inspect.signature(function).parameters.items():
            if parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
                old = found.get(name)
                text = (old.help if old else "") or said.get(name, "")
                default = old.default if old else parameter.default
                found[name] = RecipeOption(name, default, text)
    return tuple(found.values())


def _followed(load: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """Yield `load`, and the loaders that take what it hands on."""
    yield load
    kinds = {parameter.kind for parameter in inspect.signature(load).parameters.values()}
    if inspect.Parameter.VAR_KEYWORD not in kinds:
        return
    from dlrecipes import data  # imports TensorFlow

    module = inspect.getmodule(load)
    words = f"{inspect.getdoc(load) or ''} {inspect.getdoc(module) or ''}"
    for name in dict.fromkeys(re.findall(r"`(?:dlrecipes\.data\.)?(load\w*)`", words)):
        if inspect.isfunction(getattr(data, name, None)):
            yield getattr(data, name)


def _said(function: Callable[..., Any]) -> dict[str, str]:
    """Return what a docstring's `Args:` say, `{name: text}`."""
    _, _, text = (inspect.getdoc(function) or "").partition("\nArgs:\n")
    found: dict[str, str] = {}
    name = ""
    for line in text.split("\n"):
        item = _ITEM.fullmatch(line.removeprefix("    "))
        if not line.startswith("    "):
            break
        if item and not line.startswith("     "):
            name = item[1]
            found[name] = item[2]
        elif name:
            found[name] += f" {line.strip()}"
    return found
