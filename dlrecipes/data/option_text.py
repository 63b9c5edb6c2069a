"""Options that may be text, as a command line gives them."""

from __future__ import annotations

import csv
import shlex
from collections.abc import Sequence

from dlrecipes.errors import ArgumentError

_SEPARATORS = {"tab": "\t", "space": " "}
_WORDS = {"yes": True, "true": True, "no": False, "false": False}


def as_list(values: str | Sequence[str] | None) -> list[str]:
    """Return text with commas between as a list, without spaces around its items.

    An item with a comma in it stands in quotes: `'age,"price, in dollars"'`.
    """
    if isinstance(values, str):
        try:
            items = next(csv.reader([values], skipinitialspace=True), [])
        except csv.Error:  # a name with a line end in it
            items = values.split(",")
        return [item.strip() for item in items if item.strip()]
    return list(values or ())


def as_option(option: str, *items: str) -> str:
    """Return how a list is written on the command line: `--kinds zip=category`.

    Args:
        option: The option's name, with underscores.
        items: What the list holds.
    """
    quoted = (f'"{item}"' if "," in item else item for item in items)
    return f"--{option.replace('_', '-')} {shlex.quote(','.join(quoted))}"


def as_pairs(name: str, text: str, *, example: str) -> dict[str, str]:
    """Return text such as `"zip=category,notes=ignored"` as a dictionary.

    Args:
        name: The option.
        text: Names and values with an equals sign between, and commas between the pairs.
        example: A good one, for the message.

    Raises:
        ArgumentError: If a pair has no equals sign.
    """
    found = {}
    for pair in as_list(text):
        key, separator, value = pair.rpartition("=")
        if not separator:
            raise ArgumentError(
                f"`{name}` is given as column=value, with commas between.",
                received=f"{name}={text!r}",
                fix=f"For example {name}={example!r}.",
            )
        found[key.strip()] = value.strip()
    return found


def as_flag(name: str, value: str | bool) -> bool:
    """Return yes, true, no or false as a boolean.

    Raises:
        ArgumentError: If it is another word.
    """
    if value in (0, 1):  # what JSON makes of False and True
        return bool(value)
    if not isinstance(value, str) or value.lower() not in _WORDS:
        raise ArgumentError(f"`{name}` is yes or no.", received=f"{name}={value!r}")
    return _WORDS[value.lower()]


def as_separator(value: str | None) -> str | None:
    """Return a separator's character, whose name may be `tab` or `space`."""
    return _SEPARATORS.get(value or "", value)


def as_number(name: str, value: str | float) -> float:
    """Return text as a number.

    Raises:
        ArgumentError: If it is none.
    """
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"`{name}` is a number.", received=f"{name}={value!r}") from error


def as_whole(name: str, value: str | int) -> int:
    """Return text as a whole number.

    Raises:
        ArgumentError: If it is none.
    """
    try:
        return int(str(value))
    except ValueError as error:
        raise ArgumentError(f"`{name}` is a whole number.", received=f"{name}={value!r}") from error
