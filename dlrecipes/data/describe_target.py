"""One of several targets, described."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from dlrecipes.checks import check_choice, check_integer
from dlrecipes.errors import DataError
from dlrecipes.results.target_spec import TARGET_TASKS, TargetSpec


def describe_target(
    name: str, y: ArrayLike, task: str, *, classes: int | None = None
) -> TargetSpec:
    """Return what a head needs to know of a target.

    Args:
        name: What it is called.
        y: The training part's targets `(examples,)`: class indices from 0, for `"ordinal"` in
            their order, or values; NaN where missing.
        task: `"binary"`, `"multiclass"`, `"ordinal"` or `"regression"`.
        classes: Number of classes; None for one more than the largest index.

    Raises:
        ArgumentError: If the task is none of these.
        DataError: If nothing is known or all that is known is the same, if an index is no whole
            number in [0, classes), or if a value is infinite.

    Example:
        >>> target = dlr.data.describe_target("price", [1.0, 3.0, np.nan], "regression")
        >>> target.mean, target.std
        (2.0, 1.0)
    """
    check_choice("task", task, TARGET_TASKS)
    values = np.asarray(y, dtype=np.float64)
    if values.ndim != 1:
        raise DataError(
            "A target must have one value an example.", received=f"{name}: shape {values.shape}"
        )
    known = values[~np.isnan(values)]
    if not len(known) or known.min() == known.max():
        raise DataError(
            "A target must have at least two different known values.",
            received=f"{name}: {len(known)} of {len(values)} known, all the same",
        )
    if task == "regression":
        if not np.isfinite(known).all():
            raise DataError("A target must be finite, or NaN where missing.", received=name)
        return TargetSpec(
            name, "regression", mean=float(known.mean()), std=float(known.std()), known=len(known)
        )
    most = int(known.max()) + 1 if np.isfinite(known).all() else 0
    classes = most if classes is None else check_integer("classes", classes, 2)
    if task == "binary":
        classes = 2
    bad = known[(known < 0) | (known >= classes) | (known != np.floor(known))]
    if len(bad):
        raise DataError(
            f"Class indices must be whole numbers from 0 to {classes - 1}, or NaN where missing.",
            received=f"{name}: {bad[0]:g}",
        )
    shares = np.bincount(known.astype(np.int64), minlength=classes) / len(known)
    return TargetSpec(
        name,
        task,  # type: ignore[arg-type]  # checked above
        classes=classes,
        priors=tuple(float(share) for share in shares),
        known=len(known),
    )
