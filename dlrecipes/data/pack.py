"""Raw inputs as plain arrays for a file, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.data.columns import Columns

_COLUMN = "x:"
_SUBGROUP = "subgroup:"


def pack_inputs(x: NDArray[Any] | Columns) -> dict[str, NDArray[Any]]:
    """Return inputs as arrays that NumPy saves without pickling: `x`, or `x:name` a column."""
    if isinstance(x, Columns):
        return {
            f"{_COLUMN}{name}": one.astype(str) if one.dtype == object else one
            for name, one in x.items()
        }
    return {"x": x}


def pack_subgroups(subgroups: Columns | None) -> dict[str, NDArray[Any]]:
    """Return each example's groups as arrays of text, `subgroup:name` a column."""
    if subgroups is None:
        return {}
    return {f"{_SUBGROUP}{name}": one.astype(str) for name, one in subgroups.items()}


def unpack_subgroups(arrays: Mapping[str, NDArray[Any]]) -> Columns | None:
    """Return the groups that `pack_subgroups` took apart, None if there are none.

    Args:
        arrays: What was saved; others may be among it.
    """
    columns = {
        name.removeprefix(_SUBGROUP): arrays[name] for name in arrays if name.startswith(_SUBGROUP)
    }
    return Columns(columns) if columns else None


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
    wide = [name for name, values in columns.items() if values.dtype == np.float64]
    return Columns(columns, wide=wide) if columns else np.asarray(arrays["x"])
