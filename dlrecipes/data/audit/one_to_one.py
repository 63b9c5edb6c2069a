"""Whether a column is the target under another name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from dlrecipes.data.audit.feature_columns import FeatureColumn

LEAST_ROWS = 20
LEAST_KNOWN = 0.9
ROUNDING = 1e-5


def is_renamed_class(column: FeatureColumn, y: NDArray[Any], classes: int) -> bool:
    """Return whether each value stands for one class and each class for one value.

    Args:
        column: Numbers, dates or categories.
        y: Classes of training and validation examples.
        classes: Number of classes.
    """
    values, known = _known(column)
    # Most columns have more values than there are classes: seen at once.
    if known is None or len(pd.unique(values[known][:1000])) > classes:
        return False
    codes, names = pd.factorize(values[known])
    labels = y[known]
    there = np.unique(labels)
    if len(names) != len(there):
        return False
    pairs = np.unique(codes * np.int64(classes) + labels)
    return len(pairs) == len(names)


def is_rescaled_value(column: FeatureColumn, y: NDArray[Any]) -> bool:
    """Return whether the targets are the column times a factor, or rise or fall exactly with it.

    Args:
        column: Numbers, dates or categories.
        y: Targets of training and validation examples.
    """
    values, known = _known(column)
    if column.kind == "category" or known is None:
        return False
    x, target = (one[known].astype(np.float64) for one in (values, y))
    if x.std() == 0 or target.std() == 0:
        return False
    if 1 - abs(float(np.corrcoef(x, target)[0, 1])) <= ROUNDING**2:
        return True
    # Float32 may have joined neighbours, so ranks are compared with their ties.
    ranks = rankdata(x), rankdata(target)
    alike = abs(float(np.corrcoef(*ranks)[0, 1]))
    return alike >= 1 - ROUNDING**2 and len(np.unique(x)) >= len(x) / 2


def _known(column: FeatureColumn) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    """Return all values and which are known; None if too few are."""
    values = column.both
    known = values != "" if column.kind == "category" else ~np.isnan(values)
    enough = known.sum() >= max(LEAST_ROWS, LEAST_KNOWN * len(known))
    return values, np.asarray(known) if enough else None
