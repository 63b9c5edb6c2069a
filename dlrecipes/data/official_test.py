"""An official test part beside the training table."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlrecipes.errors import DataError
from dlrecipes.results import plural


def with_columns_of(table: pd.DataFrame, test: pd.DataFrame) -> pd.DataFrame:
    """Return a test table's rows with the training table's columns, rows numbered from 0.

    Args:
        table: Training and validation rows.
        test: The official test part, with the same columns and perhaps others.

    Raises:
        DataError: If the test table lacks a column.
    """
    missing = [column for column in table.columns if column not in test]
    if missing:
        raise DataError(
            "The test table must have the columns of the training table.",
            received=f"a test table without {', '.join(map(repr, missing))}",
        )
    return test[list(table.columns)].reset_index(drop=True)


def with_labels_of(labels: pd.DataFrame, test: pd.DataFrame) -> pd.DataFrame:
    """Return a test table's targets, its labels written as in training.

    Args:
        labels: The targets of training and validation rows, typed.
        test: Those of the test rows, typed in the same way.

    Raises:
        DataError: If the test table has labels that training has not.
    """
    found = {}
    for name in labels.columns:
        values = test[name]
        if pd.api.types.is_numeric_dtype(labels[name]):
            whole = pd.api.types.is_integer_dtype(labels[name]) and not values.isna().any()
            if whole and np.array_equal(values, np.round(values)):
                values = values.astype("int64")
            found[name] = values
            continue
        known = set(labels[name].dropna())
        # The official test file of Adult ends its labels in a dot.
        plain = values.where(values.isna(), values.astype("str").str.removesuffix("."))
        if not set(values.dropna()) <= known and set(plain.dropna()) <= known:
            values = plain
        unknown = sorted(set(values.dropna()) - known)
        if unknown:
            odd = values.isin(unknown).to_numpy()
            raise DataError(
                "The test table's labels must be those of the training table.",
                received=f"{', '.join(map(repr, unknown[:5]))} in {int(odd.sum())} of "
                f"{plural(len(values), 'row')}, first in row {test.index[int(np.argmax(odd))]}",
                fix=f"Training has {', '.join(map(repr, sorted(known)[:20]))}: write them alike, "
                "or leave those rows out.",
            )
        found[name] = values
    return pd.DataFrame(found)
