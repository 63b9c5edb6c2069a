"""The three parts as a column of the data gives them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dlrecipes.checks import check_choice
from dlrecipes.data.drawing.column import encode_column
from dlrecipes.data.drawing.part_names import PARTS, part_named
from dlrecipes.data.split_stratified import Rows
from dlrecipes.errors import DataError


def split_by_column(
    values: object, names: Mapping[object, str] | None = None
) -> tuple[Rows, Rows | None, Rows]:
    """Return the rows of the training, the validation and the test part, in rising order.

    Known are the words that `part_named` knows. Numbers are not guessed. The validation part is
    None where no row belongs to it: it must then be drawn from the training rows.

    Args:
        values: The part of each example, text or numbers, `(examples,)`.
        names: What other values mean, for example `{0: "train", 1: "validation", 2: "test"}`;
            each is `"train"`, `"validation"` or `"test"`. Case does not count.

    Raises:
        ArgumentError: If `names` holds something other than the three parts.
        DataError: If a value is missing or unknown, or if the training or the test part is
            empty.
    """
    given = {
        _plain(value): check_choice("names", part, PARTS) for value, part in (names or {}).items()
    }
    column = encode_column("values", values)
    parts = [given.get(_plain(value)) or part_named(value) for value in column.names.tolist()]
    unknown = [str(name) for name, part in zip(column.names, parts, strict=True) if part is None]
    if unknown:
        more = f" and {len(unknown) - 10} more" if len(unknown) > 10 else ""
        raise DataError(
            "Every value of the column must name the training, the validation or the test part.",
            received=", ".join(map(repr, unknown[:10])) + more,
            fix="Write train, validation or test into the column instead.",
        )
    numbers_of_parts = np.array([PARTS.index(part) for part in parts if part is not None])
    part_of_row = numbers_of_parts[column.codes]
    train, validation, test = (np.flatnonzero(part_of_row == number) for number in range(3))
    for name, rows in (("training", train), ("test", test)):
        if not len(rows):
            raise DataError(
                f"The column must give rows to the {name} part.",
                received=f"only {', '.join(str(value) for value in column.names)}",
            )
    return train, validation if len(validation) else None, test


def _plain(value: object) -> str:
    """Return the text of a value as it is compared: without case, 1.0 as 1."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip().casefold()
