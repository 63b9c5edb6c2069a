"""What a fitted baseline is, and what all of them share."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from dlrecipes.baselines.budget import Budget
from dlrecipes.data import Development, Split
from dlrecipes.results import DataSpec
from dlrecipes.targets import kind_of, score_predictions

Predictor = Callable[[NDArray[Any]], NDArray[np.float64]]
"""Preprocessed inputs `(examples, …)` to probabilities `(examples, classes)`, or values
`(examples,)`."""

Baseline = Callable[[Split], NDArray[np.float64]]
"""A preprocessed part to the same. Of its targets, a forecast uses those of earlier rows only."""

Choice = Mapping[str, float]
"""What was chosen on the validation part: enough to fit a baseline again without a search."""
Value = TypeVar("Value", int, float)


@dataclass(frozen=True)
class Estimator:
    """What predicts, as scikit-learn has it, and which numbers of an example it takes.

    Args:
        steps: Fitted steps of a `sklearn.pipeline.Pipeline`, by name; the last one predicts class
            indices or values.
        encoded: Whether each category has a column of its own (`encode`).
        columns: Which columns of the preprocessed inputs; None for all.
    """

    steps: tuple[tuple[str, Any], ...]
    encoded: bool = False
    columns: NDArray[np.int64] | None = None


@dataclass(frozen=True)
class FittedModel:
    """A predictor of inputs, with what was chosen for it.

    Args:
        predict: Inputs to predictions.
        choice: What was chosen; `fit_…(…, choice=model.choice)` fits the same again.
        note: What was cut because of its cost; empty where nothing was.
        estimator: What predicts outside of a run; None where nothing would but this program.
    """

    predict: Predictor
    choice: Choice = field(default_factory=dict)
    note: str = ""
    estimator: Estimator | None = None

    def __call__(self, inputs: NDArray[Any]) -> NDArray[np.float64]:
        """Return the predictions for inputs, `(examples, …)`."""
        return self.predict(inputs)


@dataclass(frozen=True)
class FittedBaseline:
    """A baseline of a preprocessed part, with what was chosen for it.

    Args:
        predict: A part to predictions.
        choice: As in `FittedModel`; of several targets `"target: name"` for each.
        note: As in `FittedModel`.
        estimators: `{target: estimator}`, the only target's name is empty; none where one of them
            has none.
    """

    predict: Baseline
    choice: Choice = field(default_factory=dict)
    note: str = ""
    estimators: Mapping[str, Estimator] = field(default_factory=dict)

    def __call__(self, part: Split) -> NDArray[np.float64]:
        """Return the predictions for a preprocessed part."""
        return self.predict(part)


MAX_ROWS = 20_000
LARGE = 2_000_000
"""Numbers from which inputs are large: fitted in float32, or in fewer steps."""
_MOST_CATEGORIES = 50


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
    train: Split, spec: DataSpec, *, seed: int, most: int = MAX_ROWS
) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """Return encoded inputs and targets, of at most 20,000 rows drawn with `seed`.

    More would take minutes and change a baseline by little.

    Args:
        train: The training part.
        spec: Its description.
        seed: Seed of the draw.
        most: Rows, where 20,000 are too many.
    """
    if len(train) <= most:
        return encode(train.array, spec), train.y
    rows = np.random.default_rng(seed).choice(len(train), most, replace=False)
    return encode(train.array[rows], spec), train.y[rows]


def rows_note(rows: int, train: Split) -> str:
    """Return that not all rows were seen; empty if all were."""
    return f"{rows:,} of {len(train):,} rows" if rows < len(train) else ""


def join_notes(*notes: str) -> str:
    """Return notes in one line, without those that are empty or said already."""
    return "; ".join(dict.fromkeys(note for note in notes if note))


def choose_on_validation(
    fit: Callable[[Value], Predictor | FittedModel],
    values: Sequence[Value],
    development: Development,
    *,
    name: str,
    budget: Budget,
    known: float | None = None,
) -> FittedModel:
    """Return the candidate with the best validation accuracy, or the smallest error.

    Equal accuracies are decided by the log loss, and what is still equal by the order.

    Args:
        fit: Fits the candidate of a value; a model keeps its estimator.
        values: The values to choose from, at least one. Where the budget is spent, the later ones
            are not tried.
        development: Where the validation part comes from.
        name: What is chosen, for the record.
        budget: What the search may take.
        known: What was chosen before: nothing is searched.
    """
    if known is not None:
        chosen = next((value for value in values if value == known), values[-1])
        return _chosen(fit(chosen), {name: chosen})
    fitted = ((value, fit(value)) for value in budget.spend_on(values))
    costs = [
        (validation_cost(candidate, development), place, value, candidate)
        for place, (value, candidate) in enumerate(fitted)
    ]
    _, _, chosen, best = min(costs, key=lambda found: found[:2])
    tried = f"{len(costs)} of {len(values)} values of {name} tried"
    return _chosen(best, {name: chosen}, tried if len(costs) < len(values) else "")


def _chosen(candidate: Predictor | FittedModel, choice: Choice, note: str = "") -> FittedModel:
    if isinstance(candidate, FittedModel):
        return replace(candidate, choice=choice, note=note)
    return FittedModel(candidate, choice, note)


def validation_cost(candidate: Predictor, development: Development) -> tuple[float, float]:
    """Return what the best candidate has least of: the error, and then the log loss."""
    validation, spec = development.validation, development.model_spec
    scores = score_predictions(validation.y, candidate(validation.array), spec)
    return kind_of(spec.target).cost(scores)


def calm_threads(numbers: int) -> AbstractContextManager[object]:
    """Return a context in which scikit-learn and BLAS use no more threads than help.

    Their threads wait by spinning. Where another program has the cores, the second thread comes
    late every time: a run of two seconds took fifty.

    Args:
        numbers: Size of the inputs; below 2,000,000 there is one thread, from there on as many as
            there are free cores.
    """
    # This process is itself in the load.
    limits: AbstractContextManager[object] = threadpool_limits(
        limits=1 if numbers < LARGE else free_cores(busy_here=1)
    )
    return limits


def free_cores(*, busy_here: int = 0) -> int:
    """Return how many cores nobody uses, at least 1.

    Args:
        busy_here: Running threads that are not to be counted as somebody's.
    """
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    if not hasattr(os, "getloadavg"):
        return cores
    return min(cores, max(1, round(cores - os.getloadavg()[0] + busy_here)))
