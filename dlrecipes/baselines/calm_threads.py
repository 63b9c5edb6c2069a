"""One thread where more would only wait for each other."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager

from threadpoolctl import threadpool_limits

from dlrecipes.baselines.predictor import LARGE


def calm_threads(numbers: int) -> AbstractContextManager[object]:
    """Return a context in which scikit-learn and BLAS use no more threads than help.

    Their threads wait by spinning. Where another program has the cores, the second thread comes
    late every time: a run of two seconds took fifty.

    Args:
        numbers: Size of the inputs; below 2,000,000 there is one thread, from there on as many as
            there are free cores.
    """
    # This process is itself in the load.
    limits: AbstractContextManager[object] = threadpool_limits(
        limits=1 if numbers < LARGE else free_cores(busy_here=1)
    )
    return limits


def free_cores(*, busy_here: int = 0) -> int:
    """Return how many cores nobody uses, at least 1.

    Args:
        busy_here: Running threads that are not to be counted as somebody's.
    """
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    if not hasattr(os, "getloadavg"):
        return cores
    return min(cores, max(1, round(cores - os.getloadavg()[0] + busy_here)))
