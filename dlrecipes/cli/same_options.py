"""Options of a resumed run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from dlrecipes.results import RunInfo

_KEPT = (
    "engine",
    "precision",
    "seed",
    "folds",
    "repeats",
    "ensemble",
    "threshold",
    "gap_penalty",
)


def check_same_options(
    context: typer.Context, directory: Path, info: RunInfo, source: dict[str, Any]
) -> None:
    """Refuse options of a resumed run that it did not begin with.

    What the user wrote counts, also where it is what the option has by default: `--seed 0` is
    another seed than 1.

    Args:
        context: The command, which knows what the user wrote.
        directory: The run directory.
        info: What the run began with.
        source: Arguments of the recipe's `load` that the user wrote.

    Raises:
        RunError: If an option differs.
        ArgumentError: If an option is not valid.
    """
    from dlrecipes.results import GapPenalty, ThresholdGoal

    for name in _KEPT:
        value = context.params[name]
        if not _written(context, name):
            continue
        recorded = getattr(info.settings, name)
        if name == "threshold":
            value = str(ThresholdGoal.parse(value))
        elif name == "gap_penalty":
            value = str(GapPenalty.parse(value))
        elif name == "ensemble":  # of one member: none
            value, recorded = (0 if one == 1 else one for one in (value, recorded))
        if value != recorded:
            raise _other(name.replace("_", " "), value, recorded)
    out, resume = context.params["out"], context.params["resume"]
    if out is not None and resume != "newest" and out.resolve() != directory.resolve():
        raise _other("directory", str(out), str(directory))
    for name, value in source.items():
        # Python may have begun a run with a number where the command line gives text.
        if str(value) != str(info.source.get(name)):
            raise _other(name, value, info.source.get(name))


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
