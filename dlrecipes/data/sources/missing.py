"""What stands for a missing value in a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

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
        missing: The only markers, for every column; with a plus sign before one of them, as in
            `"+-999"`, they come beside the usual ones. None for the usual ones. An empty cell is
            missing in any case.
    """
    given = [marker.strip() for marker in missing or ()]
    if missing is None or any(marker.startswith("+") for marker in given):
        besides = (marker.removeprefix("+").strip() for marker in given)
        return frozenset((*MISSING, *besides)), frozenset(MISSING_AMONG_NUMBERS)
    return frozenset(("", *given)), frozenset()


def numeric_blanks(values: pd.Series[Any], missing: Sequence[str] | None) -> pd.Series[Any]:
    """Return numbers with NaN where they equal a missing marker: -999.0 where it is `"-999"`.

    Args:
        values: Numbers, `(rows,)`.
        missing: The markers; None for the usual ones.
    """
    markers = pd.to_numeric(
        pd.Series(sorted(missing_markers(missing)[0]), dtype=object), errors="coerce"
    ).dropna()
    found = values.isin(markers) if len(markers) else np.zeros(len(values), dtype=bool)
    return values.mask(found) if np.any(found) else values
