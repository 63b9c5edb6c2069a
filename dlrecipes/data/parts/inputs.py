"""Inputs as arrays: one, or several side by side."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from dlrecipes.checks import check_choice
from dlrecipes.data.parts.several_inputs import (
    Inputs,
    are_several,
    beyond_float32,
    encode_text,
)
from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.results import plural

Kind = Literal["image", "sequence", "table", "array"]
_LOOKED_AT = 1000
KINDS: tuple[Kind, ...] = get_args(Kind)


def encode_any(x: object, kind: str | None = None, *, examples: int = -1) -> NDArray[Any] | Inputs:
    """Return inputs as one array, or as several by Keras' conventions.

    Args:
        x: What `encode_inputs` takes; a dictionary or a list of arrays for several inputs.
        kind: What an example is, for one array; None to tell it from the axes.
        examples: How many there are, as the targets say.

    Raises:
        ArgumentError: If the kind is none, or has other axes.
        DataError: As `encode_inputs` and `Inputs`.
    """
    if isinstance(x, Inputs):
        return x
    if isinstance(x, dict) or are_several(x, examples):
        if kind is not None:
            raise ArgumentError(
                "Several inputs have no kind: each is taken as it is.", received=f"kind={kind!r}"
            )
        return Inputs(x)  # type: ignore[arg-type]  # a mapping or a sequence
    return encode_inputs(x, kind)


def encode_inputs(x: object, kind: str | None = None) -> NDArray[Any]:
    """Return inputs as float32, images with a channel axis.

    Text stays text, and whole numbers beyond 2**24, which float32 cannot tell apart, stay whole.

    Args:
        x: Numbers, `(examples, features)`, sequences `(examples, steps, features)`, images
            `(examples, height, width, channels)` or, of this kind, `(examples, height, width)`, or
            `(examples, …)`.
        kind: What an example is, `"image"` or another; None to tell it from the axes.

    Raises:
        ArgumentError: If the kind is none, or has other axes.
        DataError: If there is nothing to train on, or anything other than finite numbers.
    """
    array = as_array("x", x)
    if array.ndim == 0 or not len(array):
        raise DataError("`x` must have at least one example.", received=f"x.shape={array.shape}")
    if array.dtype.kind in "OSU" and _has_text(array):
        if kind not in (None, "array"):
            raise ArgumentError("Text has no such kind.", received=f"kind={kind!r}")
        return encode_text("x", array)
    if array.dtype.kind not in "biuf":
        raise DataError(
            "`x` must be an array of numbers.",
            received=f"x.dtype={array.dtype}",
            fix="Turn text and categories into numbers first, and fill in what is missing.",
        )
    if array.ndim == 1:
        raise DataError(
            "`x` must have one row an example and one column a feature.",
            received=f"x.shape={array.shape}",
            fix="For a single feature use x.reshape(-1, 1).",
        )
    if not array.size:
        raise DataError("`x` must have at least one feature.", received=f"x.shape={array.shape}")
    with np.errstate(over="ignore"):  # too large for float32 becomes infinite: found below
        values = array.copy() if beyond_float32(array) else array.astype(np.float32)
    bad = ~np.isfinite(values)
    if bad.any():
        rows = np.flatnonzero(bad.reshape(len(bad), -1).any(axis=1))
        raise DataError(
            "`x` must hold finite float32 numbers only.",
            received=f"NaN or infinity in {len(rows)} of {plural(len(values), 'row')}, "
            f"first in row {rows[0]}",
            fix="Fill in the missing values or leave those rows out.",
        )
    if kind is None:
        return values
    check_choice("kind", kind, KINDS)
    values = values[..., np.newaxis] if kind == "image" and values.ndim == 3 else values
    if kind not in ("array", kind_of_shape(values.shape[1:])):
        raise ArgumentError(
            "The axes of `x` must be those of its kind: (features,) for a table, (steps, features) "
            "for a sequence, (height, width) or (height, width, channels) for an image.",
            received=f"kind={kind!r} and x.shape={array.shape}",
        )
    return values


def _has_text(array: NDArray[Any]) -> bool:
    """Return whether an array holds text that is not just numbers in quotes."""
    flat = array.ravel().tolist()
    if not all(isinstance(value, str | bytes) for value in flat):
        return False
    return not all(map(_is_number, flat[:_LOOKED_AT]))


def _is_number(text: str | bytes) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def kind_of_shape(shape: tuple[int, ...]) -> Kind:
    """Return what an example of this shape is, unless it is said: the number of axes tells.

    Args:
        shape: `(features,)` is a table's row, `(steps, features)` a sequence and
            `(height, width, channels)` an image; anything else is an array.
    """
    kinds: dict[int, Kind] = {1: "table", 2: "sequence", 3: "image"}
    return kinds.get(len(shape), "array")


def as_array(name: str, values: object) -> NDArray[Any]:
    """Return `values` as an array.

    Raises:
        DataError: If they are a dictionary, or rows of different lengths.
    """
    if isinstance(values, dict):
        raise DataError(
            f"`{name}` must be one array.",
            received=f"a dictionary with the keys {sorted(map(str, values))}",
            fix="Give the array itself.",
        )
    try:
        return np.asarray(values)
    except ValueError as error:
        raise DataError(
            f"`{name}` must be an array whose rows have the same shape.", received=str(error)
        ) from error
