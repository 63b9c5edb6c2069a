"""Logistic regression."""

from __future__ import annotations

import warnings
from copy import deepcopy
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.baselines.budget import Budget
from dlrecipes.baselines.predictor import (
    LARGE,
    MAX_ROWS,
    Choice,
    Estimator,
    FittedModel,
    choose_on_validation,
    compact,
    encode,
    join_notes,
    rows_note,
    training_matrix,
)
from dlrecipes.data import Development
from dlrecipes.quiet import hush_many_classes
from dlrecipes.targets import kind_of

INVERSE_PENALTIES = (0.001, 0.01, 0.1, 1.0, 10.0)
MAX_ITERATIONS = 300
_PRODUCTS = 3e8
"""Multiplications that a step of a fit may cost: a tenth of a second."""
_LEAST_ROWS = 1000


def fit_logistic_regression(
    development: Development,
    *,
    seed: int = 0,
    budget: Budget | None = None,
    choice: Choice | None = None,
) -> FittedModel:
    """Return a logistic regression on standardised inputs, its L2 penalty chosen on validation.

    Of more than 20,000 training rows it sees 20,000, drawn with `seed`; with very many columns and
    classes fewer. On large inputs it stops after 30 iterations a penalty instead of 300.

    Args:
        development: Training and validation part of a classification task.
        seed: Seed of that draw, at least 0.
        budget: What the search for it may take; None for the usual.
        choice: What was chosen before: nothing is searched; None to choose.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    spec, train = development.model_spec, development.train
    wide = encode(train.array[:1], spec).shape[1]
    kind = kind_of(spec.target)
    each = wide * kind.scores_an_example
    most = min(MAX_ROWS, max(_LEAST_ROWS, round(_PRODUCTS / each)))
    x, y = training_matrix(train, spec, seed=seed, most=most)
    scaler = StandardScaler().fit(x)
    scaled = scaler.transform(x)
    if most < MAX_ROWS:
        scaled = compact(scaled)
    iterations = MAX_ITERATIONS if scaled.size < LARGE else MAX_ITERATIONS // 10

    # From the strongest penalty to the weakest, each from where the last one ended.
    path = LogisticRegression(max_iter=iterations, warm_start=True)

    def fit(inverse_penalty: float) -> FittedModel:
        with hush_many_classes(), warnings.catch_warnings():
            # A baseline that has nearly converged is a baseline all the same.
            warnings.simplefilter("ignore", ConvergenceWarning)
            path.set_params(C=inverse_penalty).fit(scaled, y)
        model = deepcopy(path)

        def predict(inputs: NDArray[Any]) -> NDArray[np.float64]:
            return kind.estimate(model, scaler.transform(encode(inputs, spec)))

        steps = (("scale", scaler), ("model", model))
        return FittedModel(predict, estimator=Estimator(steps, encoded=True))

    known = None if choice is None else choice.get("inverse penalty")
    if known is not None:
        for stronger in (penalty for penalty in INVERSE_PENALTIES if penalty < known):
            fit(stronger)
    model = choose_on_validation(
        fit,
        INVERSE_PENALTIES,
        development,
        name="inverse penalty",
        budget=budget or Budget(),
        known=known,
    )
    return replace(model, note=join_notes(rows_note(len(x), train), model.note))
