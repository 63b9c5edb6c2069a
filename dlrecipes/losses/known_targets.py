"""Which targets are known."""

from __future__ import annotations

import keras


def known_targets(
    y_true: keras.KerasTensor, missing: float | None
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Return the targets with zeros where they are missing, and which are known.

    Args:
        y_true: One target an example, `(batch,)` or `(batch, 1)`.
        missing: The value that stands for a missing target, besides NaN; None for none.

    Returns:
        The targets `(batch, 1)`, and booleans `(batch,)`.
    """
    y = keras.ops.reshape(keras.ops.convert_to_tensor(y_true), (-1, 1))
    known = keras.ops.logical_not(keras.ops.isnan(keras.ops.cast(y, "float32")))
    if missing is not None:
        known = keras.ops.logical_and(known, y != keras.ops.cast(missing, y.dtype))
    # A NaN would reach the gradient even with a weight of zero.
    return keras.ops.where(known, y, keras.ops.zeros_like(y)), known[:, 0]
