"""How smoothly a loss falls."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from dlrecipes.errors import ArgumentError


def smoothness(losses: ArrayLike) -> float:
    """Return how much of a loss's way up and down was a way down: 1 for one that only falls.

    `(first - last) / sum of |steps|`, from -1 (it only rises) to 1; about 0 is as much up as down,
    and a curve that does not move.

    Args:
        losses: A training loss, one number an epoch, at least two of them; curves of steps are
            rough by the noise of the batches.

    Raises:
        ArgumentError: If there are fewer than two numbers, or one is not finite.

    Example:
        >>> dlr.diagnose.smoothness([1.0, 0.5, 0.3, 0.2])
        1.0
        >>> round(dlr.diagnose.smoothness([1.0, 0.4, 0.8, 0.2]), 2)
        0.5
    """
    curve = np.asarray(losses, np.float64)
    if curve.ndim != 1 or len(curve) < 2 or not np.isfinite(curve).all():
        raise ArgumentError(
            "`losses` must be at least two finite numbers.",
            received=f"losses of shape {curve.shape}"
            + " with NaN or infinity" * (not np.isfinite(curve).all()),
        )
    way = float(np.abs(np.diff(curve)).sum())
    return float(np.clip((curve[0] - curve[-1]) / way, -1, 1)) if way else 0.0
