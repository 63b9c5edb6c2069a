"""What a baseline sees of several inputs: their numbers, side by side in one matrix."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dlrecipes.data import Development, Inputs, Split


def side_by_side(development: Development) -> tuple[Development, str]:
    """Return the same data with one array of numbers, and what is not in it, in words.

    One array of numbers is left as it is. Text is left out: of text alone there are no columns.

    Args:
        development: Training and validation part.
    """
    spec = development.model_spec
    if not spec.inputs and spec.input_dtype != "string":
        return development, ""
    train, validation = numbers_of(development.train), numbers_of(development.validation)
    texts = [one.name for one in spec.inputs if one.dtype == "string"]
    if not spec.inputs:
        texts = ["the text"]
    flat = all(len(one.shape) < 2 for one in spec.inputs) and bool(train.array.shape[1])
    described = replace(
        spec,
        inputs=(),
        input_shape=train.array.shape[1:],
        input_dtype="float32",
        kind="table" if flat else "array",
    )
    note = f"without {', '.join(texts)}, which they cannot read" if texts else ""
    return Development(train, validation, described), note


def numbers_of(part: Split) -> Split:
    """Return a part with the numbers of all its inputs side by side.

    Args:
        part: A preprocessed part; one with a single array of numbers is returned as it is.
    """
    x = part.inputs
    if not isinstance(x, Inputs) and x.dtype != object:
        return part
    arrays = [values for _, values in x.items()] if isinstance(x, Inputs) else [x]
    numbers = [
        values.reshape(len(values), -1).astype(np.float32)
        for values in arrays
        if values.dtype != object
    ]
    empty = np.zeros((len(part), 0), np.float32)
    return replace(part, x=np.concatenate([empty, *numbers], axis=1))
