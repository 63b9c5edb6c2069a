"""Whether the learning rate fell to nothing while there was still much to learn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from dlrecipes.results import Finding, plural

Curve = NDArray[np.float64]

_NAMES = ("learning_rate", "lr")
_FEWEST = 5
_STARVED, _AWAKE = 0.02, 0.1
_EARLY = 0.5
_FALLS = 0.03
_LEFT = 0.4


def check_starved_rate(curves: Mapping[str, Curve]) -> Iterator[Finding]:
    """Find a rate that falls below a fiftieth in the first half, with the loss still falling.

    A schedule that ends near 0 spends most of its epochs above that, and one that waits for the
    loss to level off finds it level.

    Args:
        curves: Of a training: `loss` and, as callbacks write it, `learning_rate`.
    """
    rate = next((curves[name] for name in _NAMES if name in curves), None)
    loss = curves["loss"]
    if rate is None or len(rate) != len(loss) or len(loss) < _FEWEST:
        return
    if not (np.isfinite(rate).all() and np.isfinite(loss).all()) or not rate.max() > 0:
        return
    shares = rate / rate.max()
    starved = int(np.flatnonzero(shares >= _STARVED)[-1]) + 1
    awake = int(np.flatnonzero(shares >= 0.999 * _AWAKE)[-1])
    if starved > _EARLY * len(loss):
        return
    falling = float(loss[max(awake - 1, 0)] - loss[max(awake, 1)])
    if falling > _FALLS * abs(float(loss[0])) and loss[-1] > _LEFT * loss[0]:
        yield Finding(
            "learning rate",
            f"The learning rate fell from {rate.max():.2g} to {rate[starved]:.1g} by epoch "
            f"{starved + 1} of {len(loss)}, while the loss still fell by {falling:.2g} an epoch; "
            f"in the {plural(len(loss) - starved, 'epoch')} since then it went from "
            f"{loss[starved]:.3g} to {loss[-1]:.3g}.",
            {"epoch": starved + 1, "highest": float(rate.max()), "last": float(rate[-1])},
            "Let it fall more slowly: by half or less in ten epochs, or only when the loss has not "
            "fallen at all for five.",
            severity="warning",
        )
