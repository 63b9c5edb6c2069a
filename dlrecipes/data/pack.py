"""Raw inputs as plain arrays for a file, and back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

from dlrecipes.data.columns import Columns

_COLUMN = "x:"
_SUBGROUP = "subgroup:"
# The names of arrays are those of files in a zip: NumPy takes the ending away, and zip cuts a name
# at a NUL and knows one slash only.
_UNSAFE = re.compile(r"[%/\\\x00-\x1f]|\.(?=npy$)")


def pack_inputs(x: NDArray[Any] | Columns) -> dict[str, NDArray[Any]]:
    """Return inputs as arrays that NumPy saves without pickling: `x`, or `x:name` a column.

    What cannot stand in the name of a file is written as in a URL: `x:km%2Fh`.

    Example:
        >>> columns = dlr.data.Columns({"age": [41.0], "town": ["Oslo"]})
        >>> {name: array.tolist() for name, array in dlr.data.pack_inputs(columns).items()}
        {'x:age': [41.0], 'x:town': ['Oslo']}
    """
    if isinstance(x, Columns):
        return {
            _key(_COLUMN, name): one.astype(str) if one.dtype == object else one
            for name, one in x.items()
        }
    return {"x": x}


def pack_subgroups(subgroups: Columns | None) -> dict[str, NDArray[Any]]:
    """Return each example's groups as arrays of text, `subgroup:name` a column.

    Example:
        >>> packed = dlr.data.pack_subgroups(dlr.data.Columns({"sex": ["f", "m"]}))
        >>> {name: array.tolist() for name, array in packed.items()}
        {'subgroup:sex': ['f', 'm']}
    """
    if subgroups is None:
        return {}
    return {_key(_SUBGROUP, name): one.astype(str) for name, one in subgroups.items()}


def unpack_subgroups(arrays: Mapping[str, NDArray[Any]]) -> Columns | None:
    """Return the groups that `pack_subgroups` took apart, None if there are none.

    Args:
        arrays: What was saved; others may be among it.

    Example:
        >>> packed = dlr.data.pack_subgroups(dlr.data.Columns({"sex": ["f", "m"]}))
        >>> dlr.data.unpack_subgroups(packed)["sex"].tolist()
        ['f', 'm']
    """
    columns = _unpack(arrays, _SUBGROUP)
    return Columns(columns) if columns else None


def unpack_inputs(arrays: Mapping[str, NDArray[Any]]) -> NDArray[Any] | Columns:
    """Return the inputs that `pack_inputs` took apart.

    Args:
        arrays: What was saved; others may be among it.

    Raises:
        LookupError: If there are no inputs in it.

    Example:
        >>> packed = dlr.data.pack_inputs(dlr.data.Columns({"age": [41.0], "town": ["Oslo"]}))
        >>> columns = dlr.data.unpack_inputs(packed)
        >>> columns["age"].tolist(), columns["town"].tolist()
        ([41.0], ['Oslo'])
    """
    columns = _unpack(arrays, _COLUMN)
    wide = [name for name, values in columns.items() if values.dtype == np.float64]
    return Columns(columns, wide=wide) if columns else np.asarray(arrays["x"])


def _key(prefix: str, name: str) -> str:
    return prefix + _UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", name)


def _unpack(arrays: Mapping[str, NDArray[Any]], prefix: str) -> dict[str, NDArray[Any]]:
    return {
        unquote(key.removeprefix(prefix)): values
        for key, values in arrays.items()
        if key.startswith(prefix)
    }
