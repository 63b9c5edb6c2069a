"""Are there values missing?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dlrecipes.data.split import Split
from dlrecipes.results import Finding


def check_missing_values(parts: Mapping[str, Split]) -> Finding:
    """Return how many rows hold NaN or infinity; an error if any does.

    `from_arrays` refuses such data, so this concerns parts made by hand.

    Args:
        parts: `{name: part}`.
    """
    counts: dict[str, float | int | str | list[str]] = {}
    for name, part in parts.items():
        bad = ~np.isfinite(part.x.reshape(len(part), -1)).all(axis=1)
        if part.y.dtype.kind == "f":
            bad |= ~np.isfinite(part.y.reshape(len(part), -1)).all(axis=1)
        counts[name] = int(bad.sum())
    total = sum(count for count in counts.values() if isinstance(count, int))
    if not total:
        return Finding("missing values", "No values are missing.", counts)
    return Finding(
        "missing values",
        f"{total} rows hold NaN or infinity.",
        counts,
        advice="Fill in the missing values or leave those rows out.",
        severity="error",
    )
