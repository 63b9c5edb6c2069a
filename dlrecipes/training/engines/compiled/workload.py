"""What is to be trained with a program, what a step should take, how many run at a time."""

from __future__ import annotations

import os
from dataclasses import dataclass

import tensorflow as tf

FASTEST_STEP = 1.5e-4
"""A single small model takes longer than this for a step in TensorFlow, in seconds."""
COMPILE_SECONDS = 1.0
"""XLA takes at least so much longer to compile a population than TensorFlow a single member."""
# At least, and products of weights and inputs a second.
_LEAST_SECONDS = 2e-5
_PRODUCTS_PER_SECOND = 2e10
_PRODUCTS_PER_WEIGHT = 3  # forward, and the gradients of inputs and weights


@dataclass(frozen=True)
class Workload:
    """What is to be trained with a program.

    Args:
        trials: How many trials of the structure.
        epochs: Epochs of each.
        beside: How many trials of other structures there are to be trained meanwhile.
    """

    trials: int
    epochs: int
    beside: int = 0


def estimate_step_seconds(parameters: int, batch_size: int) -> float:
    """Return about how long a step takes for one member of a population on two cores.

    For dense layers, and the same in each run, which a measurement is not.

    Args:
        parameters: Weights of the model.
        batch_size: Examples a batch.
    """
    products = _PRODUCTS_PER_WEIGHT * parameters * batch_size
    return _LEAST_SECONDS + products / _PRODUCTS_PER_SECOND


def count_workers() -> int:
    """Return how many programs run at the same time: one a core, one in all on a GPU."""
    return 1 if on_gpu() else min(8, count_cores())


def on_gpu() -> bool:
    """Whether programs run on a GPU."""
    return bool(tf.config.list_physical_devices("GPU"))


def count_cores() -> int:
    """Return the number of cores that this process may use, as far as the system says."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
