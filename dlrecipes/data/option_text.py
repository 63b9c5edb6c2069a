"""How advice writes an option of the command line."""

from __future__ import annotations

import shlex


def as_option(option: str, *items: str) -> str:
    """Return how a list is written on the command line: `--drop zip,id`.

    Args:
        option: The option's name, with underscores.
        items: What the list holds; what has a comma in it is quoted.
    """
    quoted = (f'"{item}"' if "," in item else item for item in items)
    return f"--{option.replace('_', '-')} {shlex.quote(','.join(quoted))}"
