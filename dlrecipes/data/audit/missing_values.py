"""Are there values missing?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dlrecipes.data.columns import Columns
from dlrecipes.data.split import Split
from dlrecipes.results import Finding, plural


def check_missing_values(parts: Mapping[str, Split]) -> Finding:
    """Return how many rows hold NaN or infinity; an error if any does.

    `from_arrays` refuses such data, so this concerns parts made by hand. In the columns of a table
    missing values are usual: they are filled in, and here only counted.

    Args:
        parts: `{name: part}`.
    """
    counts: dict[str, float | int | str | list[str]] = {}
    if any(isinstance(part.x, Columns) for part in parts.values()):
        return _in_columns(parts)
    for name, part in parts.items():
        bad = ~np.isfinite(part.array.reshape(len(part), -1)).all(axis=1)
        if part.y.dtype.kind == "f" and part.y.ndim == 1:  # one of several may be missing
            bad |= ~np.isfinite(part.y)
        counts[name] = int(bad.sum())
    total = sum(count for count in counts.values() if isinstance(count, int))
    if not total:
        return Finding("missing values", "No values are missing.", counts)
    return Finding(
        "missing values",
        f"{plural(total, 'row holds', 'rows hold')} NaN or infinity.",
        counts,
        advice="Fill in the missing values or leave those rows out.",
        severity="error",
    )


def _in_columns(parts: Mapping[str, Split]) -> Finding:
    """Return the share of missing cells of each column that has some."""
    evidence: dict[str, float | int | str | list[str]] = {}
    for name, part in parts.items():
        if not isinstance(part.x, Columns):
            continue
        for column, values in part.x.items():
            empty = values == "" if values.dtype == object else np.isnan(values)
            if empty.any():
                evidence[f"{name}: {column}"] = float(np.mean(empty))
    columns = {one.split(": ", 1)[1] for one in evidence}
    return Finding(
        "missing values",
        f"{plural(len(columns), 'column has', 'columns have')} missing cells, which are filled in "
        "and marked."
        if columns
        else "No values are missing.",
        evidence,
    )
