"""Predictions as a table to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas
from numpy.typing import NDArray

from dlrecipes.results import DataSpec


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
    if not isinstance(predictions, Mapping):
        return _table(predictions, spec.classes, least)
    tables = [
        _table(predictions[one.name], one.labels).add_prefix(f"{one.shown} ")
        for one in spec.targets
    ]
    return pandas.concat(tables, axis=1)


def _table(
    predictions: NDArray[np.floating], classes: Sequence[str], least: float | None = None
) -> pandas.DataFrame:
    if not classes:
        return pandas.DataFrame({"value": predictions})
    table = pandas.DataFrame(predictions, columns=[f"probability {name}" for name in classes])
    decided = predictions.argmax(axis=1) if least is None else predictions[:, 1] >= least
    table.insert(0, "label", [classes[int(index)] for index in decided])
    return table
