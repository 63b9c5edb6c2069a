"""Rows of a table without a target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from dlrecipes.data.sources.number_cells import scan_numbers
from dlrecipes.errors import DataError
from dlrecipes.results import Finding, plural

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
    # Of several targets a cell may be missing in a row that stays.
    texts = dict((blanks or {}).get(targets[0], {})) if len(targets) == 1 else {}
    texts.pop("", None)
    cells = ", ".join(f"{cell!r}: {count:,}" for cell, count in texts.items())
    keep = ""
    if texts and not _are_numbers(numbered.loc[known, targets[0]]):
        values = " or ".join(map(repr, texts))
        keep = f'If {values} is a class, keep it: missing=[""] (--missing "").'
    if not known.any():
        raise DataError(
            "Some rows must have a target.",
            received=f"{plural(len(rows), 'row')}{of_part} without {named}"
            f"{f' ({cells})' if cells else ''}",
            fix=keep,
        )
    without, are = ("has", "is") if len(rows) == 1 else ("have", "are")
    finding = Finding(
        "missing targets",
        f"{len(rows):,} of {plural(len(known), 'row')}{of_part} {without} no {named} and {are} "
        "left out" + (f" ({cells})." if cells else "."),
        {"rows": len(rows), **texts, "first": [str(row) for row in rows[:MAX_NAMED]]},
        advice=keep or "Fill them in where they are known.",
        severity="warning",
    )
    return numbered[known], (finding,)


def _are_numbers(values: pd.Series[Any]) -> bool:
    """Return whether a target's values are numbers, among which a word cannot be a class."""
    if not pd.api.types.is_string_dtype(values) or not len(values):
        return pd.api.types.is_numeric_dtype(values)
    return scan_numbers(values.astype("str")).share == 1.0
