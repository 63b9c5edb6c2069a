"""How much of the target a single column tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlrecipes.data.audit.feature_columns import FeatureColumn

MOST_BINS = 256
LEAST_IN_BIN = 20
MOST_CELLS = 10_000_000
_QUANTILE = 1.96


@dataclass(frozen=True)
class Skill:
    """The validation score of a predictor that sees one column.

    Args:
        score: Balanced accuracy, in [0, 1], or R², at most 1.
        lower: The lower end of its 95 % interval; the score itself for R².
    """

    score: float
    lower: float


def class_skill(
    column: FeatureColumn, train: NDArray[Any], validation: NDArray[Any], classes: int
) -> Skill:
    """Return the balanced accuracy of the class that is most usual for a value.

    A value is a category, or one of at most 256 intervals with equally many training examples,
    at least 20; a class counts by its share, so that rare ones are not drowned.

    Args:
        column: The column.
        train: Classes of the training examples.
        validation: Classes of the validation examples.
        classes: Number of classes.
    """
    bins, others, count = _bins(column)
    if count * classes > MOST_CELLS:
        return Skill(0.0, 0.0)
    totals = np.bincount(train, minlength=classes)
    table = np.bincount(bins * classes + train, minlength=count * classes)
    shares = table.reshape(count, classes) / np.maximum(totals, 1)
    usual = shares.argmax(axis=1)
    usual[shares.max(axis=1) == 0] = totals.argmax()
    right = usual[others] == validation
    sizes = np.bincount(validation, minlength=classes)
    there = sizes > 0
    hits = np.bincount(validation, weights=right, minlength=classes)[there]
    sizes = sizes[there]
    return Skill(float((hits / sizes).mean()), float(_wilson(hits, sizes).mean()))


def value_skill(column: FeatureColumn, train: NDArray[Any], validation: NDArray[Any]) -> Skill:
    """Return the R² of the mean of a value, or of a straight line where that is better.

    Args:
        column: The column.
        train: Targets of the training examples.
        validation: Targets of the validation examples.
    """
    train, validation = train.astype(np.float64), validation.astype(np.float64)
    bins, others, count = _bins(column)
    sizes = np.bincount(bins, minlength=count)
    sums = np.bincount(bins, weights=train, minlength=count)
    means = np.where(sizes > 0, sums / np.maximum(sizes, 1), train.mean())
    predictions = [means[others]]
    if column.kind != "category":
        predictions.append(_line(column, train))
    total = float(np.square(validation - validation.mean()).sum()) or 1.0
    score = max(1 - float(np.square(validation - one).sum()) / total for one in predictions)
    return Skill(score, score)


def _bins(column: FeatureColumn) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Return the bin of each training and validation example, and how many bins there are."""
    if column.kind == "category":
        codes, names = pd.factorize(column.both)
        return codes[: len(column.train)], codes[len(column.train) :], len(names)
    known = column.train[~np.isnan(column.train)]
    count = int(np.clip(len(column.train) // LEAST_IN_BIN, 2, MOST_BINS))
    edges = np.unique(known)
    if len(edges) > count:
        edges = np.unique(np.quantile(known, np.linspace(0, 1, count + 1)[1:-1]))
    # What is missing comes last.
    bins = [
        np.where(np.isnan(part), len(edges) + 1, np.searchsorted(edges, part, side="right"))
        for part in (column.train, column.validation)
    ]
    return bins[0], bins[1], len(edges) + 2


def _line(column: FeatureColumn, train: NDArray[np.float64]) -> NDArray[np.float64]:
    x = column.train.astype(np.float64)
    known = ~np.isnan(x)
    centre = x[known].mean() if known.any() else 0.0
    deviation = np.where(known, x - centre, 0.0)
    square = float(np.square(deviation).sum())
    slope = float(deviation @ train) / square if square else 0.0
    others = column.validation.astype(np.float64) - centre
    return np.asarray(train[known | ~known.any()].mean() + slope * np.nan_to_num(others))


def _wilson(hits: NDArray[np.float64], sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the lower end of the interval of a share (Wilson 1927)."""
    share, square = hits / sizes, _QUANTILE**2
    middle = share + square / (2 * sizes)
    half = _QUANTILE * np.sqrt(share * (1 - share) / sizes + square / (4 * sizes**2))
    return np.asarray((middle - half) / (1 + square / sizes))
