"""What stands for a missing value in a file."""

from __future__ import annotations

from collections.abc import Sequence

MISSING = (
    "",
    "?",
    "NA",
    "N/A",
    "n/a",
    "#N/A",
    "<NA>",
    "NaN",
    "nan",
    "NAN",
    "null",
    "NULL",
)
"""Cells that are missing in every column."""

MISSING_AMONG_NUMBERS = ("-", "--", ".", "None", "none")
"""Cells that are missing where all others are numbers; in a column of text they are values."""


def missing_markers(missing: Sequence[str] | None) -> tuple[frozenset[str], frozenset[str]]:
    """Return the markers for every column and those for columns of numbers only.

    Args:
        missing: The only markers, for every column; None for the usual ones. An empty cell is
            missing in any case.
    """
    if missing is None:
        return frozenset(MISSING), frozenset(MISSING_AMONG_NUMBERS)
    return frozenset(("", *(marker.strip() for marker in missing))), frozenset()
