"""Errors a user can cause, each with one clear message: rule, what was received, fix."""

from __future__ import annotations


class DlrecipesError(Exception):
    """Base of every error that a user of dlrecipes can cause.

    The command line prints the message without a traceback and exits with status 2.

    Args:
        rule: What must hold, as one sentence.
        received: What was given instead, for example `rate=1.5`; left out when empty.
        fix: What to do about it, as one sentence; left out when empty.
    """

    def __init__(self, rule: str, *, received: str = "", fix: str = "") -> None:
        parts = [rule]
        if received:
            # What was received may be a sentence of its own.
            stop = "" if received.endswith((".", "?", "!")) else "."
            parts.append(f"Received: {received}{stop}")
        if fix:
            parts.append(fix)
        super().__init__(" ".join(parts))


class ArgumentError(DlrecipesError, ValueError):
    """An argument outside its range or of the wrong kind."""


class DataError(DlrecipesError, ValueError):
    """Data that cannot be trained on as it is: NaN, one class, wrong shapes, missing files."""


class BuilderError(DlrecipesError, ValueError):
    """A builder that does not return a usable compiled model for the data."""


class RecipeError(DlrecipesError, ValueError):
    """A recipe that does not exist or does not define what a recipe must."""


class RunError(DlrecipesError, RuntimeError):
    """A run directory that cannot be used: missing, unfinished, unwritable, already there."""


class StorageError(DlrecipesError, RuntimeError):
    """A study storage that cannot be opened or is damaged."""


class SealError(DlrecipesError, RuntimeError):
    """An attempt to open the test set when it must stay closed."""


class ExportError(DlrecipesError, RuntimeError):
    """An exported model that does not reproduce the tested one, or a format we do not write."""


class DataWarning(UserWarning):
    """Inputs that can be predicted, but hold much that training did not have."""


class CheckWarning(UserWarning):
    """A check could not look at a network: a fault of the check, not of the network."""
