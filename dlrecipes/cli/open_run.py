"""Opening a run from the command line."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from dlrecipes.quiet import quiet_start

if TYPE_CHECKING:
    from dlrecipes.run import Run


def open_run(directory: Path) -> Run:
    """Open a run, with the custom layers of its recipe known to Keras."""
    with quiet_start():
        from dlrecipes.errors import RecipeError
        from dlrecipes.recipe import load_recipe
        from dlrecipes.run import Run

        run = Run(directory)
        # A recipe that is gone matters only if it had layers of its own; loading says so then.
        with suppress(RecipeError):
            load_recipe(run.info.recipe_path)
    return run
