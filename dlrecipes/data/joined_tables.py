"""A table and its official test part."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from dlrecipes.errors import DataError


def joined_tables(table: pd.DataFrame, test: pd.DataFrame, targets: Sequence[str]) -> pd.DataFrame:
    """Return both tables on top of each other, the test's labels as in training.

    Args:
        table: Training and validation rows.
        test: The official test part, with the same columns and perhaps others.
        targets: The columns to be predicted.

    Raises:
        DataError: If the test table lacks a column, or has labels that training has not.
    """
    missing = [one for one in table.columns if one not in test]
    if missing:
        raise DataError(
            "The test table must have the columns of the training table.",
            received=f"a test table without {', '.join(map(repr, missing))}",
        )
    test = test[list(table.columns)].copy()
    for target in targets:
        if pd.api.types.is_numeric_dtype(table[target]):
            continue
        known = set(table[target].dropna())
        # The official test file of Adult ends its labels in a dot.
        labels = test[target]
        plain = labels.where(labels.isna(), labels.astype("str").str.removesuffix("."))
        if not set(test[target].dropna()) <= known and set(plain.dropna()) <= known:
            test[target] = plain
        unknown = sorted(set(test[target].dropna()) - known)
        if unknown:
            raise DataError(
                "The test table's labels must be those of the training table.",
                received=", ".join(map(repr, unknown[:5])),
            )
    return pd.concat([table, test], ignore_index=True)
