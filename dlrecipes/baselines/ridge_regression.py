"""Ridge regression."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.baselines.budget import Budget
from dlrecipes.baselines.predictor import (
    MAX_ROWS,
    Choice,
    FittedModel,
    Predictor,
    choose_on_validation,
    encode,
    join_notes,
    rows_note,
    training_matrix,
)
from dlrecipes.data import Development

PENALTIES = (0.01, 0.1, 1.0, 10.0, 100.0, 1000.0)
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
    from sklearn.linear_model import Ridge
    from sklearn.preprocessing import StandardScaler

    spec = development.spec
    wide = encode(development.train.array[:1], spec).shape[1]
    x, y = training_matrix(development.train, spec, seed=seed, most=_most_rows(wide))
    scaler = StandardScaler().fit(x)
    scaled = scaler.transform(x)

    def fit(penalty: float) -> Predictor:
        model = Ridge(alpha=penalty).fit(scaled, y)

        def predict(inputs: NDArray[Any]) -> NDArray[np.float64]:
            values: NDArray[np.float64] = model.predict(scaler.transform(encode(inputs, spec)))
            return values

        return predict

    model = choose_on_validation(
        fit,
        PENALTIES,
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
