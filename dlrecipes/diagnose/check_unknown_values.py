"""Inputs that a model knows nothing of."""

from __future__ import annotations

from collections.abc import Iterator

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.data import Columns, Inputs
from dlrecipes.results import Finding


def check_unknown_values(
    preprocess: keras.Layer | None, x: NDArray[np.generic] | Columns | Inputs
) -> Finding | None:
    """Return by column how many inputs training did not have.

    Those are categories and words that training did not have, or too rarely to learn from, numbers
    outside its range, and missing cells where it had few. Where there are more than the training
    part leads to expect, that is a warning: the model's answers for these rows rest on the other
    columns.

    Args:
        preprocess: An adapted `TablePreprocess` or `TextTokens`, or a model with one in it; None
            for none.
        x: Raw inputs, `(examples, …)`, or the columns of a table.

    Returns:
        None for inputs that are no columns, or a model whose preprocessing keeps no account.
    """
    if preprocess is None or not isinstance(x, Columns):
        return None
    counts = [
        count
        for layer in _layers(preprocess)
        if hasattr(layer, "unknown_values")
        for count in layer.unknown_values(x)
    ]
    if not counts:
        return None
    evidence: dict[str, float | int | str | list[str]] = {
        count.column: f"{count.unknown:,} of {count.cells:,} are {count.what}"
        for count in counts
        if count.unknown
    }
    sentences = [line for count in counts for line in count.sentences(len(counts))]
    if not sentences:
        return Finding(
            "unknown values",
            "No column has more values that training did not have than chance explains.",
            evidence,
        )
    return Finding(
        "unknown values",
        "\n".join(sentences),
        evidence,
        advice="Write them as in the training table; where they are new, train with rows that have "
        "them.",
        severity="warning",
    )


def _layers(layer: keras.Layer) -> Iterator[keras.Layer]:
    if not isinstance(layer, keras.Model):
        yield layer
        return
    seen = set()
    for inner in layer.layers:
        for found in _layers(inner):
            if id(found) not in seen:
                seen.add(id(found))
                yield found
