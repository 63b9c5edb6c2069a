"""One of several targets, where it is known."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.errors import ArgumentError
from dlrecipes.results import DataSpec, TargetSpec, plural


def known_values(
    y: object, spec: DataSpec, target: TargetSpec
) -> tuple[NDArray[np.bool_], NDArray[Any]]:
    """Return where a target is known, and its class indices or values there.

    Args:
        y: All targets `(examples, targets)`, in the order of `spec.targets`, NaN where missing.
        spec: The data's description.
        target: One of `spec.targets`.

    Returns:
        Booleans `(examples,)`, and int32 class indices or float32 values `(known,)`.

    Raises:
        ArgumentError: If `y` has another shape.

    Example:
        >>> y = {
        ...     "price": [2.5, None, 3.5, 1.0, 2.0] * 4,
        ...     "sold": ["no", "yes", None, "yes", "no"] * 4,
        ... }
        >>> spec = dlr.data.from_arrays(np.arange(20.0).reshape(-1, 1), y).spec
        >>> known, values = dlr.metrics.known_values(
        ...     np.array([[2.5, 0.0], [np.nan, 1.0]]), spec, spec.targets[0]
        ... )
        >>> known.tolist(), values.tolist()
        ([True, False], [2.5])
    """
    values = np.asarray(y)
    if values.ndim != 2 or values.shape[1] != len(spec.targets):
        raise ArgumentError(
            f"`y` must have one column for each of the {plural(len(spec.targets), 'target')}.",
            received=f"y.shape={values.shape}",
        )
    column = values[:, spec.targets.index(target)]
    known = ~np.isnan(column)
    kind = np.float32 if target.task == "regression" else np.int32
    return known, column[known].astype(kind)
