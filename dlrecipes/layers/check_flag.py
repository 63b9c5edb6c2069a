"""The check of arguments that are True or False."""

from __future__ import annotations

from dlrecipes.errors import ArgumentError


def check_flag(name: str, value: object) -> bool:
    """Return `value` if it is a boolean.

    Args:
        name: The argument's name, for the message.
        value: What the user gave.

    Raises:
        ArgumentError: If `value` is anything else, 0 and 1 included.
    """
    if not isinstance(value, bool):
        raise ArgumentError(f"`{name}` must be True or False.", received=f"{name}={value!r}")
    return value
