"""The arguments of a recipe's `load` as options by name, groups taken apart and put together.

An argument whose type is a data class, such as `SplitRule`, is a group: each of its fields is an
option. What a run remembers of its data is options by name, as JSON has them.
"""

from __future__ import annotations

import csv
import inspect
import re
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from dlrecipes.errors import ArgumentError

_ITEM = re.compile(r"\**(\w+): (.*)")
_WANTED = {int: "a whole number", float: "a number", str: "text"}
_WORDS = {"yes": True, "true": True, "no": False, "false": False}


@dataclass(frozen=True)
class LoadOption:
    """One option of a recipe's data.

    Args:
        name: Its name.
        default: What it is if it is left out; `inspect.Parameter.empty` if it must be given.
        help: What the docstring says of it; empty if it says nothing.
        kind: Its type as annotated; None if it has none, or one that is for type checkers alone.
        group: The argument of `load` that it is a field of; empty if it is an argument itself.
    """

    name: str
    default: Any
    help: str = ""
    kind: Any = None
    group: str = ""


def load_options(load: Callable[..., Any]) -> dict[str, LoadOption]:
    """Return the options of a recipe's `load` by name, its own arguments before those of groups.

    Args:
        load: The function. An argument of its own goes before a group's field of the same name.
    """
    kinds, said = _hints(load), _said(load)
    own: dict[str, LoadOption] = {}
    grouped: dict[str, LoadOption] = {}
    for name, parameter in inspect.signature(load).parameters.items():
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            continue
        group = _group(kinds.get(name))
        if group is None:
            own[name] = LoadOption(name, parameter.default, said.get(name, ""), kinds.get(name))
            continue
        inside, words = _hints(group), _said(group)
        for field in _given(group):
            default = getattr(parameter.default, field.name, MISSING)
            if default is MISSING:  # the group as such has none
                default = field.default
            if default is MISSING and field.default_factory is not MISSING:
                default = field.default_factory()
            if default is MISSING and parameter.default is not parameter.empty:
                default = None  # needed only where the group is given
            option = LoadOption(
                field.name,
                parameter.empty if default is MISSING else default,
                words.get(field.name, ""),
                inside.get(field.name),
                name,
            )
            grouped.setdefault(field.name, option)
    return own | {name: option for name, option in grouped.items() if name not in own}


def gather(load: Callable[..., Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments of `load` from options by name: the fields of each group in an object of it.

    Args:
        load: The function.
        given: `{option: value}`.

    Raises:
        ArgumentError: If a value is of another type than the group's field.
    """
    options = load_options(load)
    arguments: dict[str, Any] = {}
    groups: dict[str, dict[str, Any]] = {}
    for name, value in given.items():
        option = options.get(name)
        if option is None or not option.group:
            arguments[name] = value
        else:
            groups.setdefault(option.group, {})[name] = _checked(option, value)
    kinds = _hints(load)
    for name, parameter in inspect.signature(load).parameters.items():
        group: Any = _group(kinds.get(name))
        usual: Any = parameter.default
        if name in groups or (group is not None and usual is parameter.empty):
            values = groups.get(name, {})
            _check_whole(group, values, usual)
            arguments[name] = (
                group(**values) if usual in (None, parameter.empty) else replace(usual, **values)
            )
    return arguments


def _check_whole(group: Any, values: Mapping[str, Any], usual: Any) -> None:  # noqa: ANN401
    """Refuse a group without a field that has no default."""
    lacking = [
        field.name
        for field in _given(group)
        if field.default is field.default_factory is MISSING and field.name not in values
    ]
    if lacking and not is_dataclass(usual):
        raise ArgumentError(
            f"{' and '.join(values) or 'The data'} need {', '.join(lacking)}.",
            received=", ".join(f"{name}={value!r}" for name, value in values.items()) or "nothing",
            fix=f"On the command line: {' '.join(f'--{name} …' for name in lacking)}",
        )


def value_of_text(option: LoadOption, text: str) -> Any:  # noqa: ANN401  (what the option takes)
    """Return what a text of the command line stands for, by the option's type.

    A list has commas between its items, and an item with a comma stands in quotes; a mapping has
    pairs `name=value`; a size is `32x48`. An option of no known type stays text.

    Args:
        option: The option.
        text: What was written.

    Raises:
        ArgumentError: If the text is none of its type.
    """
    kinds = [kind for kind in _members(option.kind) if kind is not type(None)]
    pairs = [kind for kind in kinds if _is(kind, Mapping)]
    lists = [kind for kind in kinds if _is(kind, Sequence)]
    value: Any = text
    if pairs and ("=" in text or len(kinds) == 1):
        of_lists = any(_is(kind, Sequence) for kind in get_args(pairs[0]))
        value = _pairs(option.name, text, lists=of_lists)
    elif lists and _is_fixed(lists[0]):
        sides = [side.strip() for side in re.split("[x×X,]", text)]
        value = sides if len(sides) > 1 or len(kinds) == 1 else text
    elif lists:
        numbers = any(int in _members(kind) for kind in get_args(lists[0]))
        items: list[Any] = split_list(text)
        if numbers:
            items = [int(item) if item.isdecimal() else item for item in items]
        value = items[0] if len(items) == 1 and len(kinds) > 1 else items
    elif bool in kinds and text.lower() in _WORDS:
        return _WORDS[text.lower()]
    elif {int, float} <= set(kinds) and not text.strip().lstrip("+-").isdecimal():
        with suppress(ValueError):
            value = float(text)  # 1.0 is a share, 1 a number
    made = _scalar(option, value, text, flags="yes or no")
    return text if isinstance(made, Path) else made  # a run remembers its options as JSON


def split_list(text: str) -> list[str]:
    """Return text with commas between as a list, without spaces around its items.

    An item with a comma in it stands in quotes: `'age,"price, in dollars"'`.

    Args:
        text: What was written.
    """
    try:
        items = next(csv.reader([text], skipinitialspace=True), [])
    except csv.Error:  # a name with a line end in it
        items = text.split(",")
    return [item.strip() for item in items if item.strip()]


def _pairs(name: str, text: str, *, lists: bool) -> dict[str, Any]:
    """Return `"zip=category,notes=ignored"`, or `"grade=poor<fair<good"`, as a dictionary."""
    found: dict[str, Any] = {}
    for pair in split_list(text):
        key, equals, value = pair.rpartition("=")
        if not equals:
            example = "condition=poor<fair<good" if lists else "zip=category,notes=ignored"
            raise ArgumentError(
                f"`{name}` is given as column=value, with commas between.",
                received=f"{name}={text!r}",
                fix=f"For example {name}={example!r}.",
            )
        labels = [label.strip() for label in value.split("<")]
        found[key.strip()] = labels if lists else value.strip()
    return found


def _scalar(option: LoadOption, value: object, given: object, *, flags: str) -> Any:  # noqa: ANN401
    """Return what pydantic makes of a value; the value itself where its type says nothing."""
    from pydantic import (
        PydanticSchemaGenerationError,
        PydanticUserError,
        TypeAdapter,
        ValidationError,
    )

    if option.kind is None:
        return value
    try:
        return TypeAdapter(option.kind).validate_python(value)
    except (PydanticSchemaGenerationError, PydanticUserError):  # no type that text can become
        return value
    except ValidationError as error:
        wanted = _described(option.kind, flags)
        raise ArgumentError(
            f"`{option.name}` must be {wanted or 'of its type'}.",
            received=f"{option.name}={given!r}",
            fix="" if wanted else f"{error.errors()[0]['msg']}.",
        ) from error


def _checked(option: LoadOption, value: Any) -> Any:  # noqa: ANN401  (any annotation)
    """Return a value of a group's field, which Python or a run's file may have in another type."""
    kinds = [kind for kind in _members(option.kind) if kind is not type(None)]
    strict = (int, float, bool)
    if (
        isinstance(value, str)
        and kinds
        and all(kind in strict or _is(kind, Sequence) or _is(kind, Mapping) for kind in kinds)
    ):
        # Python's text is no list and no number; that of the command line was read before.
        raise ArgumentError(
            f"`{option.name}` must be {_described(option.kind, 'True or False')}.",
            received=f"{option.name}={value!r}",
        )
    return _scalar(option, value, value, flags="True or False")


def _described(kind: Any, flags: str) -> str:  # noqa: ANN401  (any annotation)
    """Return what a type wants in words; empty if it is none of those that have some."""
    found = []
    for member in _members(kind):
        if member is bool:
            found.append(flags)
        elif _is(member, Mapping):
            found.append("names with values")
        elif _is(member, Sequence):
            found.append("height x width, as in 32x48" if _is_fixed(member) else "a list")
        elif member in _WANTED:
            found.append(_WANTED[member])
        elif member is not type(None):
            return ""
    return " or ".join(found)


def _members(kind: Any) -> tuple[Any, ...]:  # noqa: ANN401  (any annotation)
    """Return the types of a union, or the only one; none if there is no annotation."""
    if kind is None:
        return ()
    return get_args(kind) if get_origin(kind) in (Union, types.UnionType) else (kind,)


def _is(kind: Any, base: type) -> bool:  # noqa: ANN401  (any annotation)
    """Return whether an annotation such as `list[str]` is a list, or another container."""
    kind = get_origin(kind) or kind
    return isinstance(kind, type) and issubclass(kind, base) and kind not in (str, bytes)


def _is_fixed(kind: Any) -> bool:  # noqa: ANN401  (any annotation)
    """Return whether a sequence has a certain length, as `tuple[int, int]` has."""
    return get_origin(kind) is tuple and Ellipsis not in get_args(kind)


def _given(group: Any) -> list[Any]:  # noqa: ANN401  (a data class or one of its objects)
    """Return the fields that a data class is made from."""
    return [field for field in fields(group) if field.init]


def _group(kind: Any) -> Any:  # noqa: ANN401  (a data class or None)
    """Return the data class that an argument is, or may be beside None."""
    found = [member for member in _members(kind) if is_dataclass(member)]
    return found[0] if found else None


def _hints(thing: Any) -> dict[str, Any]:  # noqa: ANN401  (a function or a data class)
    """Return the types as annotated, without those that are for type checkers alone."""
    try:
        return get_type_hints(thing)
    except (NameError, TypeError, AttributeError):
        pass
    known: dict[str, Any] = {}
    for name, annotation in getattr(thing, "__annotations__", {}).items():
        alone = types.SimpleNamespace(__annotations__={name: annotation})
        spaces = vars(sys.modules.get(thing.__module__, types))
        with suppress(NameError, TypeError, AttributeError, SyntaxError):
            known |= get_type_hints(alone, globalns=spaces)
    return known


def _said(documented: Any) -> dict[str, str]:  # noqa: ANN401  (a function or a data class)
    """Return what a docstring's `Args:` say, `{name: text}`."""
    _, _, text = (inspect.getdoc(documented) or "").partition("\nArgs:\n")
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
