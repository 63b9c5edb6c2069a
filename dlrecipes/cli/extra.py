"""Options that are arguments of a recipe's `load`."""

from __future__ import annotations

from collections.abc import Sequence

import typer


def read_extra(words: Sequence[str]) -> dict[str, str]:
    """Return `{name: value}` of `--name value` and `--name=value`, dashes as underscores.

    Args:
        words: What is left of the command line.

    Raises:
        typer.BadParameter: If a word is no option, or an option has no value.
    """
    found: dict[str, str] = {}
    left = list(words)
    while left:
        word = left.pop(0)
        name, equals, value = word.partition("=")
        if not name.startswith("--") or len(name) < 3:
            raise typer.BadParameter(f"Got unexpected extra argument ({word}).")
        if not equals:
            if not left or left[0].startswith("--"):
                raise typer.BadParameter(f"No such option, or one without its value: {name}")
            value = left.pop(0)
        found[name[2:].replace("-", "_")] = value
    return found
