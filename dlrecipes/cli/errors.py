"""One message and an exit status for everything a user can cause."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer
from rich.console import Console

from dlrecipes.errors import DlrecipesError
from dlrecipes.system_errors import find_refusal, refused

USER_ERROR = 2
INTERRUPTED = 130


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
        raise typer.Exit(INTERRUPTED) from error
    except Exception as error:
        refusal = None if isinstance(error, DlrecipesError) else find_refusal(error)
        if refusal is None and not isinstance(error, DlrecipesError):
            raise
        console.print("[bold red]Error:[/] ", end="")
        console.print(str(error if refusal is None else refused(refusal)), markup=False)
        raise typer.Exit(USER_ERROR) from error
