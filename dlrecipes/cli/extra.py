"""Options that are arguments of a recipe's `load`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from dlrecipes.recipe import Recipe


def read_extra(words: Sequence[str], options: Collection[str] = ()) -> dict[str, str]:
    """Return `{name: value}` of `--name value` and `--name=value`, dashes as underscores.

    Args:
        words: What is left of the command line.
        options: The command's own options, `"--trials"`, for what is close to one of them.

    Raises:
        typer.BadParameter: If a word is no option, or an option has no value.
    """
    from dlrecipes.checks import did_you_mean

    found: dict[str, str] = {}
    left = list(words)
    while left:
        word = left.pop(0)
        name, equals, value = word.partition("=")
        if not name.startswith("--") or len(name) < 3:
            raise typer.BadParameter(f"Got unexpected extra argument ({word}).")
        if not equals:
            if not left or left[0].startswith("--"):
                hint = did_you_mean(name, options)
                message = f"No such option, or one without its value: {name}"
                raise typer.BadParameter(f"{message}. {hint}" if hint else message)
            value = left.pop(0)
        found[name[2:].replace("-", "_")] = value
    return found


def check_extra(found: Collection[str], recipe: Recipe, options: Collection[str]) -> None:
    """Refuse a name that the recipe's `load` does not have and that is close to an option.

    Args:
        found: The names, from `read_extra`.
        recipe: The recipe.
        options: The command's own options, `"--trials"`.

    Raises:
        RecipeError: If there is such a name.
    """
    from dlrecipes.checks import did_you_mean
    from dlrecipes.errors import RecipeError

    if "**" in recipe.arguments:
        return
    of_load = [f"--{name.replace('_', '-')}" for name in recipe.arguments]
    for name in found:
        word = f"--{name.replace('_', '-')}"
        hint = "" if name in recipe.arguments else did_you_mean(word, [*options, *of_load])
        if hint:
            raise RecipeError(
                f"An option must be the command's or an argument of {recipe.name!r} for its data.",
                received=word,
                fix=hint,
            )
