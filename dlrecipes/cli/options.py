"""The options of a command that are arguments of a recipe's `load`: shown, read, and kept."""

from __future__ import annotations

import inspect
import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.table import Table
from typer.core import TyperCommand

from dlrecipes.quiet import quiet_start

if TYPE_CHECKING:
    from dlrecipes.recipe import Recipe
    from dlrecipes.results import RunInfo

_WORDS = "recipe help"
_KEPT = (
    "engine",
    "precision",
    "seed",
    "folds",
    "repeats",
    "ensemble",
    "threshold",
    "gap_penalty",
    "lr_range_test",
    "like",
    "human_error",
)


class RecipeCommand(TyperCommand):
    """A command whose help goes on with the options of the recipe that it names."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401  (typer's own click)
        """Remember the words, which click's own help does not see."""
        ctx.meta[_WORDS] = list(args)
        return super().parse_args(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401  (likewise)
        """Print the command's options, and those of the recipe."""
        super().format_help(ctx, formatter)
        words = [word for word in ctx.meta.get(_WORDS, ()) if not word.startswith("-")]
        if words:
            _print_options(words[0])


def _print_options(recipe: str) -> None:
    with quiet_start():
        from dlrecipes.errors import DlrecipesError
        from dlrecipes.recipe import load_recipe
    console = Console()
    try:
        chosen = load_recipe(recipe)
    except DlrecipesError as error:
        console.print(str(error), markup=False)
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    for option in chosen.options.values():
        table.add_row(f"--{option.name.replace('_', '-')}", _described(option.default, option.help))
    console.print(f"Options of {chosen.name!r} for its data:", markup=False)
    console.print(table)


def _described(default: Any, said: str) -> str:  # noqa: ANN401  (any default)
    """Return what is said of an option, and what it is where it is left out."""
    text = said.replace("[", r"\[")
    if default is inspect.Parameter.empty:
        return f"{text} (required)".strip()
    if default in (None, (), [], {}, "") or isinstance(default, bool) or "None" in said:
        return text
    if isinstance(default, tuple | list):
        default = ",".join(map(str, default))
    return f"{text} (default: {default})".strip()


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


def read_numbers(option: str, text: str) -> list[float]:
    """Return the numbers of a list with commas, in their order; none of an empty text.

    Args:
        option: The option, for the message.
        text: What stands there.

    Raises:
        typer.BadParameter: If one of them is no number.
    """
    try:
        return [float(part) for part in text.split(",")] if text.strip() else []
    except ValueError as error:
        raise typer.BadParameter(
            f"{option} must be numbers with commas between, such as 0,1e-5,1e-4. Received: {text}."
        ) from error


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

    if recipe.takes_any:
        return
    of_load = [f"--{name.replace('_', '-')}" for name in recipe.options]
    for name in found:
        word = f"--{name.replace('_', '-')}"
        hint = "" if name in recipe.options else did_you_mean(word, [*options, *of_load])
        if hint:
            raise RecipeError(
                f"An option must be the command's or an argument of {recipe.name!r} for its data.",
                received=word,
                fix=hint,
            )


def typed_options(given: Mapping[str, str], recipe: Recipe) -> dict[str, Any]:
    """Return options as values of the types that `load` and its groups are annotated with.

    Args:
        given: `{name: text}`.
        recipe: The recipe.

    Raises:
        ArgumentError: If a text is no value of its option's type.
    """
    from dlrecipes.recipe.load_options import value_of_text

    known = recipe.options
    return {
        name: value_of_text(known[name], text) if name in known else text
        for name, text in given.items()
    }


def check_same_options(
    context: typer.Context,
    directory: Path,
    info: RunInfo,
    source: dict[str, Any],
    recorded_source: Mapping[str, Any],
) -> None:
    """Refuse options of a resumed run that it did not begin with.

    What the user wrote counts, also where it is what the option has by default: `--seed 0` is
    another seed than 1.

    Args:
        context: The command, which knows what the user wrote.
        directory: The run directory.
        info: What the run began with.
        source: Arguments of the recipe's `load` that the user wrote.
        recorded_source: Those that the run began with.

    Raises:
        RunError: If an option differs.
        ArgumentError: If an option is not valid.
    """
    for name in _KEPT:
        if not _written(context, name):
            continue
        value, recorded = (
            _as_recorded(name, given)
            for given in (context.params[name], getattr(info.settings, name))
        )
        if value != recorded:
            raise _other(name.replace("_", " "), value, recorded)
    out, resume = context.params["out"], context.params["resume"]
    if out is not None and resume != "newest" and out.resolve() != directory.resolve():
        raise _other("directory", str(out), str(directory))
    for name, value in source.items():
        # As the run's file has it: a pair is a list there.
        if json.dumps(value) != json.dumps(recorded_source.get(name)):
            raise _other(name, value, recorded_source.get(name))


def _as_recorded(name: str, value: Any) -> Any:  # noqa: ANN401  (any option's)
    """Return an option's value in the form that the run's file has."""
    from dlrecipes.results import GapPenalty, ThresholdGoal

    if value is None:
        return None
    if name == "threshold":
        return str(ThresholdGoal.parse(value))
    if name == "gap_penalty":
        return str(GapPenalty.parse(value))
    if name == "like":
        return str(Path(value).absolute())
    return 0 if name == "ensemble" and value == 1 else value  # of one member: none


def _written(context: typer.Context, name: str) -> bool:
    found = context.get_parameter_source(name)
    return found is not None and found.name == "COMMANDLINE"


def _other(name: str, value: object, recorded: object) -> Exception:
    from dlrecipes.errors import RunError

    return RunError(
        f"A resumed run keeps its {name}.",
        received=f"{name}={value!r}, begun with {recorded!r}",
        fix="Leave the option out, or start a new run.",
    )
