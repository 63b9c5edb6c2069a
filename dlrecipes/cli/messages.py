"""What a command says beside its result: one message of an error, what is loading, how to go on."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from dlrecipes.errors import DlrecipesError
from dlrecipes.system_errors import find_refusal, refused

if TYPE_CHECKING:
    from dlrecipes.search import Listener

_USER_ERROR = 2
_INTERRUPTED = 130
_SHORTEST = 0.5


@contextmanager
def one_message(hint: Callable[[], str] | None = None) -> Iterator[None]:
    """Turn a user's error into one message and exit status 2, Ctrl-C into 130.

    So is what the operating system refuses, wherever that was: a full disk, a name that is too
    long, no permission.

    Args:
        hint: Returns what to say after Ctrl-C.
    """
    console = Console(stderr=True, soft_wrap=True, highlight=False, emoji=False)
    try:
        yield
    except KeyboardInterrupt as error:
        console.print("\nInterrupted.", hint() if hint else "", sep="\n", markup=False)
        raise typer.Exit(_INTERRUPTED) from error
    except Exception as error:
        refusal = None if isinstance(error, DlrecipesError) else find_refusal(error)
        if refusal is None and not isinstance(error, DlrecipesError):
            raise
        console.print("[bold red]Error:[/] ", end="")
        console.print(str(error if refusal is None else refused(refusal)), markup=False)
        raise typer.Exit(_USER_ERROR) from error


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


def waited(began: float, phases: Sequence[tuple[str, float]]) -> str:
    """Return the time since a command began, with what each phase took of it.

    Args:
        began: When the command began, in seconds of `time.monotonic`.
        phases: The phases in their order, and when each began.
    """
    from dlrecipes.report.format import format_seconds

    ended = monotonic()
    starts = [("loading", began), *phases]
    ends = [*(when for _, when in phases), ended]
    parts = [
        f"{format_seconds(end - start)} {name}"
        for (name, start), end in zip(starts, ends, strict=True)
        if end - start >= _SHORTEST
    ]
    total = format_seconds(ended - began)
    return f"{total}: {', '.join(parts)}" if len(parts) > 1 else total
