"""Tables of given parts as one table."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from dlrecipes.data.drawing import draw_parts
from dlrecipes.errors import DataError


def join_parts(
    frames: Mapping[str, pd.DataFrame], target: str, *, test_fraction: float, split_seed: int
) -> tuple[pd.DataFrame, pd.DataFrame | None, str | None]:
    """Return a table, its official test part and the column of parts, as `from_table` takes them.

    A given validation part asks for a column of parts; where no test part is given beside it,
    the column gives one a share of the training rows, stratified by class.

    Args:
        frames: `{"train", "validation" or "test": table}`; at least `"train"`.
        target: The column to be predicted.
        test_fraction: Share of the training rows that become the test part, in (0, 1).
        split_seed: Seed of that draw, at least 0.

    Raises:
        DataError: If there is no training part, or too little to draw a test part from.
    """
    if "train" not in frames:
        raise DataError(
            "There must be a training part.", received=", ".join(frames) or "no part at all"
        )
    train = frames["train"]
    if target not in train:
        raise DataError(
            "A column must be named as it is in the table.",
            received=f"target={target!r}",
            fix=f"The columns are {', '.join(map(repr, train.columns[:30]))}.",
        )
    if "validation" not in frames:
        return train, frames.get("test"), None
    part_of_row = np.full(len(train), "train", dtype=object)
    if "test" not in frames:
        labels = pd.factorize(train[target], use_na_sentinel=False)[0]
        few = np.bincount(labels).min() >= 2
        test = draw_parts(
            labels if few else np.zeros(len(train)),
            validation_fraction=None,
            test_fraction=test_fraction,
            split_seed=split_seed,
        )[2]
        part_of_row[test] = "test"
    name = "part"
    while name in train:
        name += "_"
    parts = [train.assign(**{name: part_of_row})]
    parts += [frame.assign(**{name: part}) for part, frame in frames.items() if part != "train"]
    return pd.concat(parts, ignore_index=True), None, name
