"""What a check looks at one by one: the columns of a table, the features of an array."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlrecipes.data.columns import Columns
from dlrecipes.data.sources import parse_dates
from dlrecipes.data.split import Split
from dlrecipes.results import DataSpec

_DAY = pd.Timedelta(days=1)


@dataclass(frozen=True, eq=False)
class FeatureColumn:
    """One column of training and validation part.

    Args:
        name: The column's name; its number in an array.
        kind: Numbers, dates (as days since 1970) or categories.
        train: Numbers with NaN for a missing one, or text with `""`, `(training examples,)`.
        validation: The same, `(validation examples,)`.
    """

    name: str
    kind: Literal["number", "date", "category"]
    train: NDArray[Any]
    validation: NDArray[Any]

    @property
    def both(self) -> NDArray[Any]:
        """The training examples' values, then the validation examples'."""
        return np.concatenate([self.train, self.validation])


def feature_columns(
    train: Split,
    validation: Split,
    spec: DataSpec,
    *,
    most: int | None = None,
    texts: bool = False,
) -> Iterator[FeatureColumn]:
    """Yield columns, usually without those of text.

    Args:
        train: The training part.
        validation: The validation part.
        spec: The raw data's description.
        most: How many features of an array are enough, evenly spaced; None for all.
        texts: Whether columns of text are yielded, too, each text a category.
    """
    if isinstance(train.x, Columns) and isinstance(validation.x, Columns):
        kinds = {one.name: one.kind for one in spec.columns}
        for name, values in train.x.items():
            others = validation.x[name]
            if values.dtype != object:
                yield FeatureColumn(name, "number", values, others)
            elif kinds.get(name) == "date":
                yield FeatureColumn(name, "date", _days(values), _days(others))
            elif texts or kinds.get(name) != "text":
                yield FeatureColumn(name, "category", values, others)
        return
    first, second = (part.array.reshape(len(part), -1) for part in (train, validation))
    width = first.shape[1]
    count = width if most is None else min(width, most)
    for place in np.linspace(0, width - 1, count).astype(int):
        yield FeatureColumn(str(place), "number", first[:, place], second[:, place])


def _days(texts: NDArray[Any]) -> NDArray[np.float64]:
    dates = parse_dates(pd.Series(texts, dtype="str").replace("", None))
    return np.asarray((dates - pd.Timestamp(0)) / _DAY, dtype=np.float64)
