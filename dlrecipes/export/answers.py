"""Predictions as they are given back: in the form of the targets, or as a table to read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas
from numpy.typing import NDArray

from dlrecipes.results import DataSpec
from dlrecipes.targets import if_named, in_form, kind_of, split_predictions


def in_given_form(
    predictions: NDArray[Any], spec: DataSpec
) -> NDArray[Any] | dict[str, NDArray[Any]]:
    """Return predictions in the form that the targets were given in.

    Args:
        predictions: Of several targets side by side (`join_predictions`).
        spec: The data's description.

    Returns:
        `(examples, classes)` probabilities or `(examples,)` values; of several targets `{target:
        either}`. Of targets that were given as one array `(examples, targets)` values, or the
        probabilities of 1.
    """
    split = split_predictions(predictions, spec)
    if not spec.joint:
        return in_form(split, spec)
    columns = [split[target.name] for target in spec.targets]
    return np.stack([part[:, 1] if part.ndim == 2 else part for part in columns], axis=1)


def predictions_as_csv(
    predictions: NDArray[Any],
    key: pandas.DataFrame,
    spec: DataSpec,
    least: float | None = None,
) -> str:
    """Return `label` and a probability a class, or `value`, as CSV.

    Of several targets each has them under its name.

    Args:
        predictions: As for `in_given_form`.
        key: What tells the examples apart, a row each, which comes first.
        spec: The data's description.
        least: The probability from which on an example is of class 1 of two; None for the label
            that is more probable.
    """
    split = split_predictions(predictions, spec)
    tables = [
        kind_of(target)
        .table(split[target.name], least)
        .add_prefix(if_named(target, f"{target.shown} "))
        for target in spec.targets
    ]
    table = pandas.concat(tables, axis=1)
    # An answer keeps its name, a column of the same name gets another.
    key = key.rename(columns={name: f"{name} (input)" for name in table.columns})
    return pandas.concat([key, table], axis=1).to_csv(index=False)
