"""Where a run comes from."""

from __future__ import annotations

from dataclasses import dataclass, field

from dlrecipes.results.run_info import SourceValue


@dataclass(frozen=True)
class Origin:
    """Where builder and data come from, for the record and for resuming.

    Args:
        recipe: The recipe's name, or what the run is called.
        path: The recipe's file; empty without one.
        text: Its text.
        source: Arguments of the recipe's `load`.
    """

    recipe: str
    path: str = ""
    text: str = ""
    source: dict[str, SourceValue] = field(default_factory=dict)
