"""What must hold of the weights of examples."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.errors import DataError


def check_weights(weights: NDArray[Any]) -> None:
    """Refuse weights that are no finite numbers, at least 0, one an example.

    Some may be 0, also all of a class: such examples do not count.

    Args:
        weights: Weights of examples, `(examples,)`.

    Raises:
        DataError: If one of them is none.
    """
    if weights.ndim != 1 or weights.dtype.kind not in "biuf":
        raise DataError(
            "`sample_weight` must be one number an example.",
            received=f"sample_weight of shape {weights.shape} and dtype {weights.dtype}",
        )
    with np.errstate(over="ignore"):  # too large for float32 becomes infinite
        values = weights.astype(np.float32)
    wrong = np.flatnonzero(~(np.isfinite(values) & (values >= 0)))
    if len(wrong):
        raise DataError(
            "`sample_weight` must hold finite float32 numbers, at least 0.",
            received=f"{weights[wrong[0]]} in row {wrong[0]}, and {len(wrong)} such of "
            f"{len(weights)}",
        )


def check_some_weight(part: str, weights: NDArray[Any] | None) -> None:
    """Refuse a part whose weights are all 0: every loss of it would be 0, or NaN.

    Args:
        part: What the part is called, such as `"validation"`.
        weights: Weights of its examples, `(examples,)`; None where all count alike.

    Raises:
        DataError: If all are 0.
    """
    if weights is not None and not weights.astype(np.float32).any():
        raise DataError(
            f"Some example of the {part} part must have a weight above 0.",
            received=f"sample_weight with {len(weights)} zeros",
            fix="Leave out examples that do not count before the parts are drawn, or leave the "
            "weights out.",
        )
