"""`--help` of a command that takes a recipe's own options, too."""

from __future__ import annotations

import inspect
from typing import Any

from rich.console import Console
from rich.table import Table
from typer.core import TyperCommand

from dlrecipes.quiet import quiet_start

_WORDS = "recipe help"


class RecipeCommand(TyperCommand):
    """A command whose help goes on with the options of the recipe that it names."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401  (typer's own click)
        """Remember the words, which click's own help does not see."""
        ctx.meta[_WORDS] = list(args)
        return super().parse_args(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        """Print the command's options, and those of the recipe."""
        super().format_help(ctx, formatter)
        words = [word for word in ctx.meta.get(_WORDS, ()) if not word.startswith("-")]
        if words:
            _print_options(words[0])


def _print_options(recipe: str) -> None:
    with quiet_start():
        from dlrecipes.errors import DlrecipesError
        from dlrecipes.recipe import load_recipe
        from dlrecipes.recipe.options import load_options
    console = Console()
    try:
        chosen = load_recipe(recipe)
    except DlrecipesError as error:
        console.print(str(error), markup=False)
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    for option in load_options(chosen.loader):
        table.add_row(f"--{option.name.replace('_', '-')}", _described(option.default, option.help))
    table.add_row("--examples", "A number or share of the training examples, to start small.")
    console.print(f"Options of {chosen.name!r} for its data:", markup=False)
    console.print(table)


def _described(default: Any, said: str) -> str:  # noqa: ANN401  (any default)
    """Return what is said of an option, and what it is where it is left out."""
    text = said.replace("[", r"\[")
    if default is inspect.Parameter.empty:
        return f"{text} (required)".strip()
    if default in (None, (), "") or isinstance(default, bool) or "None" in said:
        return text
    return f"{text} (default: {default})".strip()
