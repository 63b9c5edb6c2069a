"""Raw inputs as plain arrays for a file, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.data.columns import Columns

_COLUMN = "x:"


def pack_inputs(x: NDArray[Any] | Columns) -> dict[str, NDArray[Any]]:
    """Return inputs as arrays that NumPy saves without pickling: `x`, or `x:name` a column."""
    if isinstance(x, Columns):
        return {
            f"{_COLUMN}{name}": one.astype(str) if one.dtype == object else one
            for name, one in x.items()
        }
    return {"x": x}


def unpack_inputs(arrays: Mapping[str, NDArray[Any]]) -> NDArray[Any] | Columns:
    """Return the inputs that `pack_inputs` took apart.

    Args:
        arrays: What was saved; others may be among it.

    Raises:
        LookupError: If there are no inputs in it.
    """
    columns = {
        name.removeprefix(_COLUMN): arrays[name] for name in arrays if name.startswith(_COLUMN)
    }
    return Columns(columns) if columns else np.asarray(arrays["x"])
