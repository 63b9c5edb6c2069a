"""How much of the target a single column tells."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from dlrecipes.data.audit.feature_columns import FeatureColumn
from dlrecipes.quiet import hush_many_classes

LEAVES = 64
LEAST_IN_LEAF = 5
MOST_CELLS = 10_000_000
WORTH_TESTING = 0.9
_QUANTILE = 1.96
_RESAMPLES = 200


@dataclass(frozen=True)
class Skill:
    """The validation score of a predictor that sees one column.

    Args:
        score: Balanced accuracy, in [0, 1], or R², at most 1.
        lower: The lower end of the 95 % interval of the accuracy (Wilson 1927), or of R² (200
            bootstraps; Efron 1979): a single far value can make all of it. Of an R² below
            `WORTH_TESTING`, the score itself.
    """

    score: float
    lower: float


def class_skill(
    column: FeatureColumn, train: NDArray[Any], validation: NDArray[Any], classes: int
) -> Skill:
    """Return the balanced accuracy of a small tree, or of the class most usual for a category.

    A class counts by its share, so that rare ones are not drowned.

    Args:
        column: The column.
        train: Classes of the training examples.
        validation: Classes of the validation examples.
        classes: Number of classes.
    """
    if column.kind == "category":
        predicted = _usual_class(column, train, classes)
    else:
        tree = DecisionTreeClassifier(
            max_leaf_nodes=LEAVES,
            min_samples_leaf=LEAST_IN_LEAF,
            class_weight="balanced",
            random_state=0,
        )
        with hush_many_classes():
            tree.fit(_matrix(column.train), train)
        predicted = tree.predict(_matrix(column.validation))
    right = predicted == validation
    sizes = np.bincount(validation, minlength=classes)
    hits = np.bincount(validation, weights=right, minlength=classes)
    there = sizes > 0
    return Skill(float((hits[there] / sizes[there]).mean()), _lower(int(right.sum()), len(right)))


def value_skill(column: FeatureColumn, train: NDArray[Any], validation: NDArray[Any]) -> Skill:
    """Return the best R² of a small tree and a straight line, or that of the means by category.

    Args:
        column: The column.
        train: Targets of the training examples.
        validation: Targets of the validation examples.
    """
    train, validation = train.astype(np.float64), validation.astype(np.float64)
    if column.kind == "category":
        predictions = [_usual_value(column, train)]
    else:
        tree = DecisionTreeRegressor(
            max_leaf_nodes=LEAVES, min_samples_leaf=LEAST_IN_LEAF, random_state=0
        )
        tree.fit(_matrix(column.train), train)
        predictions = [tree.predict(_matrix(column.validation)), _line(column, train)]
    total = float(np.square(validation - validation.mean()).sum()) or 1.0
    errors = min((np.square(validation - one) for one in predictions), key=lambda each: each.sum())
    score = 1 - float(errors.sum()) / total
    return Skill(score, score if score < WORTH_TESTING else _lower_value(validation, errors))


def _matrix(values: NDArray[Any]) -> NDArray[np.float32]:
    return values.astype(np.float32).reshape(-1, 1)


def _usual_class(column: FeatureColumn, train: NDArray[Any], classes: int) -> NDArray[Any]:
    """Return the class for each validation example; the largest for values that are new."""
    codes, names = pd.factorize(column.both)
    totals = np.bincount(train, minlength=classes)
    if len(names) * classes > MOST_CELLS:
        return np.full(len(column.validation), totals.argmax())
    known, others = codes[: len(train)], codes[len(train) :]
    table = np.bincount(known * classes + train, minlength=len(names) * classes)
    shares = table.reshape(len(names), classes) / np.maximum(totals, 1)
    usual = np.where(shares.max(axis=1) > 0, shares.argmax(axis=1), totals.argmax())
    return np.asarray(usual[others])


def _usual_value(column: FeatureColumn, train: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean for each validation example; that of all for values that are new."""
    codes, names = pd.factorize(column.both)
    known, others = codes[: len(train)], codes[len(train) :]
    sizes = np.bincount(known, minlength=len(names))
    sums = np.bincount(known, weights=train, minlength=len(names))
    means = np.where(sizes > 0, sums / np.maximum(sizes, 1), train.mean())
    return np.asarray(means[others])


def _line(column: FeatureColumn, train: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a straight line through the training examples; the mean where a number is missing."""
    x, others = column.train.astype(np.float64), column.validation.astype(np.float64)
    known = ~np.isnan(x)
    if not known.any():
        return np.full(len(others), train.mean())
    centre, level = x[known].mean(), train[known].mean()
    deviation = x[known] - centre
    square = float(np.square(deviation).sum())
    slope = float(deviation @ (train[known] - level)) / square if square else 0.0
    return np.asarray(level + slope * np.nan_to_num(others - centre))


def _lower(hits: int, examples: int) -> float:
    """Return the lower end of the interval of a share."""
    share, square = hits / examples, _QUANTILE**2
    middle = share + square / (2 * examples)
    half = _QUANTILE * math.sqrt(share * (1 - share) / examples + square / (4 * examples**2))
    return (middle - half) / (1 + square / examples)


def _lower_value(values: NDArray[np.float64], errors: NDArray[np.float64]) -> float:
    """Return the lower end of the interval of R²."""
    generator = np.random.default_rng(0)
    scores = []
    for _ in range(_RESAMPLES):
        rows = generator.integers(0, len(values), len(values))
        total = len(rows) * float(values[rows].var())
        scores.append(1 - float(errors[rows].sum()) / total if total else -math.inf)
    return float(np.quantile(scores, 0.025, method="lower"))
