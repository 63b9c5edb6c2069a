"""By what rows are split."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.results import DataSpec
from dlrecipes.targets.each_target import target_columns
from dlrecipes.targets.kinds import kind_of


def strata(y: NDArray[Any], spec: DataSpec, *, least: int = 3) -> NDArray[np.int64]:
    """Return the labels by which rows are split, `(examples,)`: classes, or zeros for values.

    Of several targets the classes of the first one that has some, each divided by which targets
    are known: every part then has its share of them. What has too few rows is not divided, and
    rows without that class join the most frequent one.

    Args:
        y: The targets of the rows.
        spec: The data's description.
        least: Rows that a label must have, beside those of a rare class, at least 1.
    """
    labels, unknown = np.zeros(len(y), np.int64), []
    for target, column in target_columns(y, spec):
        missing = np.isnan(column)
        unknown.append(missing)
        if not labels.any():
            labels = kind_of(target).strata(column)
            if missing.sum() < least:
                labels[missing] = np.bincount(labels[~missing]).argmax()
    _, pattern = np.unique(np.stack(unknown, axis=1), axis=0, return_inverse=True)
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


def row_labels(y: NDArray[Any], spec: DataSpec) -> NDArray[np.int64] | None:
    """Return the class of each row, `(examples,)`; None of numbers, and of several targets.

    Args:
        y: The targets of the rows.
        spec: The data's description.
    """
    if spec.keyed or not spec.target.class_names:
        return None
    return kind_of(spec.target).strata(y)


def least_of_part(spec: DataSpec) -> int:
    """Return how many examples a part must have, of each class where there are classes."""
    return min(kind_of(target).minimum for target in spec.targets)
