"""Who hears of a run on the command line, and what is said when it is ended early."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from dlrecipes.recipe import Recipe
    from dlrecipes.search import Listener


@contextmanager
def loading(*, json: bool) -> Iterator[None]:
    """Show on a terminal that TensorFlow is being loaded, which takes seconds.

    Args:
        json: Whether nothing but the result may be written.
    """
    console = Console()
    if json or not console.is_terminal:
        yield
        return
    with console.status("loading TensorFlow …"):
        yield


def make_listener(recipe: Recipe, *, json: bool) -> Listener:
    """Return the listener for this output: nothing, a live display, or plain lines."""
    from dlrecipes.cli.interrupt import Interruptible
    from dlrecipes.cli.progress import LiveProgress
    from dlrecipes.results import Objective
    from dlrecipes.search import Listener, PlainProgress

    objective, console = Objective.parse(recipe.objective), Console()
    if json:
        return Interruptible(Listener())
    live = console.is_terminal
    return Interruptible(LiveProgress(objective, console) if live else PlainProgress(objective))


def resume_hint(recipe: str, listeners: list[Listener]) -> str:
    """Say how to go on with a run that was ended, or that nothing was started."""
    directory = listeners[0].directory if listeners else None
    if directory is None:
        return "Nothing was started."
    command = shlex.join(["dlrecipes", "tune", recipe, "--resume", str(directory)])
    return (
        f"Every finished trial is kept in {directory}.\n"
        f"Go on:                {command}\n"
        f"End with best so far: {command} --trials 0"
    )
