"""The L2 penalty of a kernel."""

from __future__ import annotations

import keras

from dlrecipes.checks import check_real


def kernel_penalty(l2: float | None) -> keras.regularizers.Regularizer | None:
    """Return a new L2 regulariser, or None for no penalty.

    Args:
        l2: Factor of the sum of squared weights in the loss, at least 0. None leaves the term
            out; 0.0 keeps it, so that models which differ in the factor only have one structure.

    Raises:
        ArgumentError: If `l2` is negative.
    """
    return None if l2 is None else keras.regularizers.L2(check_real("l2", l2, 0))
