"""Predictions as a table to read."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas
from numpy.typing import NDArray

from dlrecipes.results import DataSpec
from dlrecipes.targets import kind_of


def prediction_table(
    predictions: NDArray[np.floating] | Mapping[str, NDArray[np.floating]],
    spec: DataSpec,
    least: float | None = None,
) -> pandas.DataFrame:
    """Return the columns `label` and a probability a class, or `value`.

    Of several targets each has them under its name.

    Args:
        predictions: `(examples, classes)` probabilities or `(examples,)` values; of several
            targets `{target: either}`.
        spec: The data's description.
        least: The probability from which on an example is of class 1 of two; None for the label
            that is more probable.
    """
    by_target = predictions if isinstance(predictions, Mapping) else {"": predictions}
    tables = []
    for target in spec.targets:
        table = kind_of(target).table(by_target[target.name], least)
        tables.append(table.add_prefix(f"{target.shown} ") if spec.keyed else table)
    return pandas.concat(tables, axis=1)
