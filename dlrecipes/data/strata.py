"""The labels by which rows are drawn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dlrecipes.results import DataSpec


def strata(y: NDArray[np.generic], spec: DataSpec, *, least: int = 3) -> NDArray[np.int64]:
    """Return the labels by which rows are drawn, `(examples,)`: classes, or zeros for values.

    Of several targets the classes of the first one that has some, each divided by which targets
    are known: every part then has its share of them. What has too few rows is not divided, and
    rows without that class join the most frequent one.

    Args:
        y: The targets of the rows.
        spec: The data's description.
        least: Rows that a label must have, beside those of a rare class, at least 1.
    """
    if not spec.targets:
        return np.zeros(len(y), np.int64) if spec.task == "regression" else y.astype(np.int64)
    values = np.asarray(y, dtype=np.float64)
    labels = np.zeros(len(y), np.int64)
    for at, target in enumerate(spec.targets):
        if target.classes:
            missing = np.isnan(values[:, at])
            labels = np.where(missing, target.classes, values[:, at]).astype(np.int64)
            if missing.sum() < least:
                labels[missing] = np.bincount(labels[~missing]).argmax()
            break
    _, pattern = np.unique(np.isnan(values), axis=0, return_inverse=True)
    joint = labels * (int(pattern.max()) + 1) + pattern.reshape(-1)
    _, place, counts = np.unique(joint, return_inverse=True, return_counts=True)
    for label in np.unique(labels):
        own = np.unique(place[labels == label])
        small = own[counts[own] < least]
        if len(small):  # they join the largest of the label, or, if that is too small, all join
            largest = own[counts[own].argmax()]
            joining = own if counts[largest] < least else small
            place[np.isin(place, joining)] = largest
    return np.unique(place, return_inverse=True)[1].astype(np.int64)
