"""Names of columns that TensorFlow accepts."""

from __future__ import annotations

import re
from collections.abc import Sequence


def serving_names(columns: Sequence[str]) -> dict[str, str]:
    """Return `{column: the name under which a SavedModel takes it}`.

    TensorFlow wants names of letters, digits and underscores; where two become the same, the
    later one gets a number.

    Args:
        columns: The columns' names, in order.
    """
    names: dict[str, str] = {}
    for column in columns:
        plain = re.sub(r"\W", "_", column, flags=re.ASCII)
        plain = plain if re.match(r"[A-Za-z]", plain) else f"column_{plain}"
        name, count = plain, 1
        while name in names.values():
            count += 1
            name = f"{plain}_{count}"
        names[column] = name
    return names


def input_names(columns: Sequence[str]) -> dict[str, str]:
    """Return `{column: the name of its input in a Keras model}`.

    Layers must not have the same name, so `text` becomes `column_text`.

    Args:
        columns: The columns' names, in order.
    """
    return {column: f"column_{name}" for column, name in serving_names(columns).items()}
