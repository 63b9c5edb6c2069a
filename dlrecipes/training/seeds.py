"""One seed for each random thing, derived from the run's seed."""

from __future__ import annotations

import zlib

import numpy as np


def derive_seed(seed: int, *path: str | int) -> int:
    """Return the seed of one thing inside a run.

    The same path always gives the same seed, and different paths give independent ones, so
    that a resumed study draws what an unbroken one would have drawn.

    Args:
        seed: The run's seed, at least 0.
        path: What the seed is for, for example `("coarse", 17)`.

    Returns:
        An integer in [0, 2**31).
    """
    words = [zlib.crc32(part.encode()) if isinstance(part, str) else part for part in path]
    # As plain entropy, a path and the same path with a trailing 0 would give one seed.
    return int(np.random.SeedSequence(seed, spawn_key=words).generate_state(1)[0] >> 1)
