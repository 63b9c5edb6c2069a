"""Weights that make the label independent of a subgroup."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlrecipes.data.split import Split
from dlrecipes.data.splits import Splits
from dlrecipes.errors import DataError
from dlrecipes.targets import check_classes


def reweigh_groups(splits: Splits, column: str) -> Splits:
    """Return the same parts with weights under which label and group are independent.

    Each training and validation example of label y in group g gets the weight
    `P(g) P(y) / P(g, y)`, with the shares of the training part: the rare combinations weigh more,
    and the group no longer tells the label. Groups and labels keep their shares, the training
    weights' mean is 1, and weights that were there are multiplied. The test part has none, and
    its score is as before.

    Args:
        splits: The data of a classification task, with subgroups.
        column: The subgroup column.

    Raises:
        ArgumentError: If the target is no class.
        DataError: If there is no such subgroup column, or if a
            combination of label and group has no training example, so that no weight helps it.

    Reference:
        Kamiran and Calders 2012, Data Preprocessing Techniques for Classification without
        Discrimination.
    """
    known = () if splits.train.subgroups is None else splits.train.subgroups.names
    if column not in known:
        raise DataError(
            "A column to reweigh must be one of the subgroups.",
            received=f"{column!r}; the subgroups are {', '.join(map(repr, known)) or 'none'}",
            fix="Name it with `subgroup` (`--subgroup COLUMN`) too.",
        )
    classes = check_classes(splits.spec, "reweighed").class_names
    shares = _shares(splits.train, column, classes)
    independent = np.outer(shares.sum(axis=1), shares.sum(axis=0))
    weights = pd.DataFrame(independent / shares, index=shares.index, columns=shares.columns)
    return replace(
        splits,
        train=_weighted(splits.train, column, weights),
        validation=_weighted(splits.validation, column, weights),
    )


def _shares(train: Split, column: str, classes: tuple[str, ...]) -> pd.DataFrame:
    """Return the share of each label (rows) and group (columns) in the training part."""
    counts = pd.crosstab(train.y, _groups(train, column))
    counts = counts.reindex(range(len(classes)), fill_value=0)
    empty = [
        f"{classes[label]!r} in {counts.columns[group]!r}"
        for label, group in np.argwhere(counts.to_numpy() == 0)
    ]
    if empty:
        raise DataError(
            "Every combination of label and group must have a training example.",
            received=f"none of {', '.join(empty[:5])}{', …' if len(empty) > 5 else ''}",
            fix="Collect such examples, or reweigh a column with fewer groups, or none.",
        )
    return counts / len(train)


def _weighted(part: Split, column: str, weights: pd.DataFrame) -> Split:
    at = weights.columns.get_indexer(pd.Index(_groups(part, column)))
    found = weights.to_numpy()[part.y, at]
    # A group that is not in the training part has no share there to correct.
    found = np.where(at < 0, 1.0, found).astype(np.float32)
    before = 1.0 if part.sample_weight is None else part.sample_weight
    return replace(part, sample_weight=found * before)


def _groups(part: Split, column: str) -> NDArray[Any]:
    if part.subgroups is None:
        raise DataError("All parts must have the subgroups.", received=f"none in {part!r}")
    return part.subgroups[column]
