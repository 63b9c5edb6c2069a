"""Predictions as a table to read."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas
from numpy.typing import NDArray

from dlrecipes.results import DataSpec
from dlrecipes.targets import by_name, kind_of


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
    named = by_name(predictions, spec)
    tables = [
        kind_of(target)
        .table(named[target.name], least)
        .add_prefix(f"{target.shown} " if target.name else "")
        for target in spec.targets
    ]
    return pandas.concat(tables, axis=1)
