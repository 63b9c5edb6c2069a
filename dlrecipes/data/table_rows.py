"""The rows of a table's parts."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlrecipes.data.columns import Columns
from dlrecipes.data.drawing import split_by_column, split_by_group, split_by_time
from dlrecipes.data.split_stratified import Rows, split_stratified
from dlrecipes.data.table_drawing import Drawing
from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.results import plural


def table_rows(
    table: pd.DataFrame,
    labels: NDArray[np.int64],
    drawing: Drawing,
    inputs: Columns,
    times: NDArray[Any] | None,
    *,
    official: bool,
    minimum: int,
) -> tuple[Rows, Rows, Rows]:
    """Return the rows to train on, to validate on and to test on.

    Args:
        table: The table without an official test part.
        labels: The label of each row by which it is drawn, `(rows,)`; zeros for values.
        drawing: How the rows are dealt. By chance, rows with the same inputs stay in one part.
        inputs: What the rows hold, as a model takes it.
        times: The time of each row; None where rows are not drawn by time.
        official: Whether there is an official test part, so that none is drawn and the third
            array says nothing.
        minimum: Smallest number of examples of a label in a part drawn by chance.

    Raises:
        DataError: If there are too few rows, groups or times.
        ArgumentError: If a fraction, a gap or the seed is outside its range.
    """
    by_chance = drawing.group is None and drawing.time is None and drawing.part is None
    copies = _copies(inputs) if by_chance else None
    fractions = {
        "validation_fraction": drawing.validation_fraction,
        "test_fraction": drawing.test_fraction,
    }
    if drawing.part is not None:
        train, validation, test = split_by_column(table[drawing.part].to_numpy(dtype=object))
        if validation is None:
            raise DataError(
                "A column of parts must have rows for validation, too.",
                received=f"{drawing.part!r} with train and test only",
            )
        return train, validation, test
    if times is not None:
        gap = None if drawing.gap is None else as_duration(drawing.gap)
        if official:  # the latest rows validate: what comes after them must not train
            fractions["test_fraction"] = drawing.validation_fraction
        train, validation, test, _ = split_by_time(times, gap=gap, **fractions)
        if official:
            return np.concatenate([train, validation]), test, test
        return train, validation, test
    if drawing.group is not None or copies is not None:
        groups = copies if drawing.group is None else table[drawing.group].to_numpy(dtype=object)
        train, validation, test = split_by_group(
            groups, labels, split_seed=drawing.seed, **fractions
        )
    else:
        train, validation, test = split_stratified(
            labels, split_seed=drawing.seed, minimum=minimum, **fractions
        )
    # With an official test part, what would be the test trains along.
    return (np.concatenate([train, test]) if official else train), validation, test


def _copies(inputs: Columns) -> NDArray[np.int64] | None:
    """Return a number for each different row of inputs; None if all rows differ."""
    # A missing text is missing, as a missing number is, and comes last in the order of the codes.
    frame = pd.DataFrame(
        {
            name: pd.Series(values).replace("", None) if values.dtype == object else values
            for name, values in inputs.items()
        }
    )
    codes = np.asarray(frame.groupby(list(frame.columns), dropna=False).ngroup(), np.int64)
    different = len(np.unique(codes))
    if different < 3:
        raise DataError(
            "A table must have at least three different rows of inputs, one for each part.",
            received=f"{different} in {plural(len(codes), 'row')}; rows that are equal stay in "
            "one part",
        )
    return codes if different < len(codes) else None


def as_duration(gap: str | float) -> Any:  # noqa: ANN401  (a number, or a pandas duration)
    """Return a gap between times as a number, or as a duration.

    Args:
        gap: A number, or text such as `"7D"`.

    Raises:
        ArgumentError: If the text is neither.
    """
    if not isinstance(gap, str):
        return gap
    with suppress(ValueError):
        return float(gap)  # between times that are numbers
    try:
        return pd.Timedelta(gap)
    except ValueError as error:
        raise ArgumentError(
            "A gap is a number, or a duration as in '7D' or '12h'.", received=f"gap={gap!r}"
        ) from error
