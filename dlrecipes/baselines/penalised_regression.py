"""Linear models of numbers with a penalty: ridge and Poisson regression."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.baselines.budget import Budget
from dlrecipes.baselines.predictor import (
    MAX_ROWS,
    Choice,
    Estimator,
    FittedModel,
    choose_on_validation,
    encode,
    join_notes,
    rows_note,
    training_matrix,
)
from dlrecipes.data import Development
from dlrecipes.targets import kind_of

PENALTIES = (0.01, 0.1, 1.0, 10.0, 100.0, 1000.0)
POISSON_PENALTIES = (1e-4, 1e-3, 1e-2, 0.1, 1.0)
"""Of the mean loss of an example, as scikit-learn takes it, and not of the sum."""
_PRODUCTS = 3e10
"""Multiplications that a penalty may cost: seconds."""


def fit_ridge_regression(
    development: Development,
    *,
    seed: int = 0,
    budget: Budget | None = None,
    choice: Choice | None = None,
) -> FittedModel:
    """Return a ridge regression on standardised inputs, its L2 penalty chosen on validation.

    Of more than 20,000 training rows it sees 20,000, drawn with `seed`; of very wide rows fewer.

    Args:
        development: Training and validation part of a regression task.
        seed: Seed of that draw, at least 0.
        budget: What the search for it may take; None for the usual.
        choice: What was chosen before: nothing is searched; None to choose.
    """
    return _fit(development, PENALTIES, seed, budget, choice)


def fit_poisson_regression(
    development: Development,
    *,
    seed: int = 0,
    budget: Budget | None = None,
    choice: Choice | None = None,
) -> FittedModel:
    """Return a Poisson regression (log link) on standardised inputs, its L2 penalty likewise.

    Args:
        development: Training and validation part whose target is a count.
        seed: Seed of the draw of 20,000 rows from more, at least 0.
        budget: What the search for it may take; None for the usual.
        choice: What was chosen before: nothing is searched; None to choose.
    """
    return _fit(development, POISSON_PENALTIES, seed, budget, choice)


def _fit(
    development: Development,
    penalties: Sequence[float],
    seed: int,
    budget: Budget | None,
    choice: Choice | None,
) -> FittedModel:
    """Fit the linear model that the target's kind has, with each penalty."""
    from sklearn.preprocessing import StandardScaler

    spec = development.model_spec
    kind = kind_of(spec.target)
    wide = encode(development.train.array[:1], spec).shape[1]
    x, y = training_matrix(development.train, spec, seed=seed, most=_most_rows(wide))
    scaler = StandardScaler().fit(x)
    scaled = scaler.transform(x)

    def fit(penalty: float) -> FittedModel:
        model = kind.linear_model(penalty).fit(scaled, y)

        def predict(inputs: NDArray[Any]) -> NDArray[np.float64]:
            return kind.estimate(model, scaler.transform(encode(inputs, spec)))

        steps = (("scale", scaler), ("model", model))
        return FittedModel(predict, estimator=Estimator(steps, encoded=True))

    model = choose_on_validation(
        fit,
        penalties,
        development,
        name="penalty",
        budget=budget or Budget(),
        known=None if choice is None else choice.get("penalty"),
    )
    return replace(model, note=join_notes(rows_note(len(x), development.train), model.note))


def _most_rows(columns: int) -> int:
    """Return how many rows are affordable: the smaller side of the matrix counts twice."""
    rows = _PRODUCTS / columns**2
    return min(MAX_ROWS, round(rows if rows >= columns else (_PRODUCTS / columns) ** 0.5))
