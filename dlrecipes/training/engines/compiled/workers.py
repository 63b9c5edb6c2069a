"""How many programs run at the same time."""

from __future__ import annotations

import os

import tensorflow as tf


def count_workers() -> int:
    """Return how many programs run at the same time: one a core, one in all on a GPU."""
    if tf.config.list_physical_devices("GPU"):
        return 1
    return min(8, count_cores())


def count_cores() -> int:
    """Return the number of cores that this process may use, as far as the system says."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
