"""Are there inputs that only number or name the rows?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import spearmanr

from dlrecipes.data.audit.feature_columns import FeatureColumn, feature_columns
from dlrecipes.data.split import Split
from dlrecipes.results import DataSpec, Finding

LEAST_ROWS = 20
DIFFERENT = 0.99
UNSEEN = 0.9
IN_ORDER = 0.999
DENSE = 2.0


def check_identifiers(train: Split, validation: Split, spec: DataSpec, examples: int) -> Finding:
    """Return the inputs that can be memorised but not learned from.

    That is a column of whole numbers, almost all different, that lie densely or follow the order
    of the rows; or a category of which nine in ten validation examples have a value that no
    training example has. What is surely a key, `infer_columns` leaves out beforehand.

    Args:
        train: The training part of a table.
        validation: The validation part.
        spec: The raw data's description.
        examples: Number of examples of all parts.
    """
    ids = None
    if train.ids is not None and validation.ids is not None:
        numbers = np.concatenate([train.ids, validation.ids])
        ids = numbers if numbers.dtype.kind in "iu" else None
    found = {}
    for column in feature_columns(train, validation, spec):
        if len(column.both) < LEAST_ROWS:
            continue
        if column.kind == "category":
            reason = _names(column)
        elif column.kind == "number":
            reason = _numbers(column.both, ids, examples)
        else:
            reason = ""
        if reason:
            found[column.name] = reason
    if not found:
        return Finding("identifiers", "No input only numbers or names the rows.")
    named = ", ".join(repr(name) for name in found)
    return Finding(
        "identifiers",
        f"These inputs seem to number or name the rows: {named}.",
        dict(found),
        advice=f"Leave them out: drop=[{named}]. Whatever a network learns of them, it learns by "
        "heart.",
        severity="warning",
    )


def _numbers(values: NDArray[Any], ids: NDArray[Any] | None, examples: int) -> str:
    known = ~np.isnan(values)
    some = values[known].astype(np.float64)
    if len(some) < LEAST_ROWS or not np.array_equal(some, np.round(some)):
        return ""
    different = len(pd.unique(some))
    if different < DIFFERENT * len(some):
        return ""
    reason = f"{different:,} different whole numbers in {len(some):,} rows"
    if some.max() - some.min() < DENSE * examples:
        return f"{reason}, {some.min():,.0f} to {some.max():,.0f}"
    if ids is not None and abs(float(spearmanr(some, ids[known]).statistic)) >= IN_ORDER:
        return f"{reason}, in the order of the rows"
    return ""


def _names(column: FeatureColumn) -> str:
    known = column.validation[column.validation != ""]
    if len(known) < LEAST_ROWS / 2:
        return ""
    unseen = 1 - float(pd.Series(known).isin(pd.unique(column.train)).mean())
    if unseen < UNSEEN:
        return ""
    return f"{unseen:.0%} of the validation examples have a value that training never saw"
