"""Rows of a table without a target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from dlrecipes.errors import DataError
from dlrecipes.results import Finding

MAX_NAMED = 20


def leave_out_unlabelled(
    table: pd.DataFrame,
    targets: Sequence[str],
    *,
    blanks: Mapping[str, Mapping[str, int]] | None = None,
    part: str = "",
) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """Return the rows that have a target, and a finding that counts the others.

    The index of the rows is their number in the table that was given.

    Args:
        table: One row an example.
        targets: The columns to be predicted; a row stays if it has one of them.
        blanks: `{column: {text of a missing cell: how often it stood there}}`.
        part: What the table is, for the words: `"test"`.

    Raises:
        DataError: If no row has a target.
    """
    numbered = table.reset_index(drop=True)
    known = numbered[list(targets)].notna().any(axis=1).to_numpy()
    if known.all():
        return numbered, ()
    rows = np.flatnonzero(~known)
    named = " or ".join(map(repr, targets))
    of_part = f" of the {part} table" if part else ""
    texts = {
        cell: count
        for target in targets
        for cell, count in (blanks or {}).get(target, {}).items()
        if cell
    }
    cells = ", ".join(f"{cell!r}: {count:,}" for cell, count in texts.items())
    keep = (
        f'If {" or ".join(map(repr, texts))} is a value, keep it: missing=[""] (--missing "").'
        if texts
        else ""
    )
    if not known.any():
        raise DataError(
            "Some rows must have a target.",
            received=f"{len(rows):,} rows{of_part} without {named}{f' ({cells})' if cells else ''}",
            fix=keep,
        )
    finding = Finding(
        "missing targets",
        f"{len(rows):,} of {len(known):,} rows{of_part} have no {named} and are left out"
        + (f" ({cells})." if cells else "."),
        {"rows": len(rows), **texts, "first": [str(row) for row in rows[:MAX_NAMED]]},
        advice=keep or "Fill them in where they are known.",
        severity="warning",
    )
    return numbered[known], (finding,)
