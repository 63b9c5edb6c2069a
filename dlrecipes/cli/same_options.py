"""Options of a resumed run."""

from __future__ import annotations

from typing import Any


def check_same(given: dict[str, Any], recorded: dict[str, Any]) -> None:
    """Refuse options of a resumed run that it did not begin with.

    Args:
        given: What the user gave; a default stands for what was recorded.
        recorded: What the run began with.

    Raises:
        RunError: If an option differs.
    """
    from dlrecipes.errors import RunError

    for name, value in given.items():
        default = value in (None, "auto", 0)
        if not default and value != recorded.get(name):
            raise RunError(
                f"A resumed run keeps its {name}.",
                received=f"{name}={value!r}, begun with {recorded.get(name)!r}",
                fix="Leave the option out, or start a new run.",
            )
