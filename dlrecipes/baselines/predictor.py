"""What a fitted baseline is, and what all of them share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.data import Development, Split
from dlrecipes.metrics import score_predictions
from dlrecipes.results import DataSpec

Predictor = Callable[[NDArray[Any]], NDArray[np.float64]]
"""Preprocessed inputs `(examples, …)` to probabilities `(examples, classes)`, or values
`(examples,)`."""

Baseline = Callable[[Split], NDArray[np.float64]]
"""A preprocessed part to the same. Of its targets, a forecast uses those of earlier rows only."""

MAX_ROWS = 20_000
LARGE = 2_000_000
"""Numbers from which inputs are large: fitted in float32, or in fewer steps."""
_MOST_CATEGORIES = 50


def on_inputs(predictor: Predictor) -> Baseline:
    """Return a predictor as a baseline that looks at nothing but a part's inputs."""

    def predict(part: Split) -> NDArray[np.float64]:
        return predictor(part.array)

    return predict


def flatten(x: NDArray[Any]) -> NDArray[np.float64]:
    """Return inputs `(examples, …)` as a float64 matrix `(examples, features)`."""
    return x.reshape(len(x), -1).astype(np.float64)


def compact(matrix: NDArray[np.float64]) -> NDArray[np.floating[Any]]:
    """Return a large matrix in float32, which takes half the memory."""
    return matrix if matrix.size < LARGE else matrix.astype(np.float32)


def encode(x: NDArray[Any], spec: DataSpec) -> NDArray[np.float64]:
    """Return inputs as a matrix in which each category has a column of its own.

    The index of a category is no number that a linear model or a distance could use. Of more than
    50 categories, the less frequent ones share a column.

    Args:
        x: Preprocessed inputs, `(examples, …)`.
        spec: Their description.
    """
    matrix = flatten(x)
    if all(feature.kind != "category" for feature in spec.features):
        return matrix
    parts = []
    for at, feature in enumerate(spec.features):
        column = matrix[:, at : at + 1]
        if feature.kind == "category":
            # Categories are numbered by frequency: the rare ones share the last column.
            top = min(feature.size, _MOST_CATEGORIES) - 1
            column = (np.minimum(column, top) == np.arange(top + 1)).astype(np.float64)
        parts.append(column)
    return np.concatenate(parts, axis=1)


def training_matrix(
    train: Split, spec: DataSpec, *, seed: int
) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """Return encoded inputs and targets, of at most 20,000 rows drawn with `seed`.

    More would take minutes and change a baseline by little.
    """
    if len(train) <= MAX_ROWS:
        return encode(train.array, spec), train.y
    rows = np.random.default_rng(seed).choice(len(train), MAX_ROWS, replace=False)
    return encode(train.array[rows], spec), train.y[rows]


def probability_table(
    probabilities: NDArray[np.float64], labels: NDArray[Any], spec: DataSpec
) -> NDArray[np.float64]:
    """Return one column a class, zero for classes that were not in the training part.

    Args:
        probabilities: `(examples, labels)`.
        labels: The class index of each column, `(labels,)`.
        spec: The data's description.
    """
    table = np.zeros((len(probabilities), len(spec.classes)))
    table[:, labels] = probabilities
    return table


def choose_on_validation(candidates: Iterable[Predictor], development: Development) -> Predictor:
    """Return the candidate with the best validation accuracy, or the smallest error.

    Equal accuracies are decided by the log loss, and what is still equal by the order.

    Args:
        candidates: Fitted predictors, at least one.
        development: Where the validation part comes from.
    """
    validation, spec = development.validation, development.spec

    def cost(candidate: Predictor) -> tuple[float, float]:
        scores = score_predictions(validation.y, candidate(validation.array), spec)
        if spec.task == "regression":
            return scores["rmse"], 0.0
        return -scores["accuracy"], scores["log_loss"]

    return min(candidates, key=cost)
