"""One thread where more would only wait for each other."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

from threadpoolctl import threadpool_limits

from dlrecipes.baselines.predictor import LARGE


def calm_threads(numbers: int) -> AbstractContextManager[object]:
    """Return a context in which scikit-learn and BLAS use one thread, if there is little to do.

    Their threads wait by spinning. Where another program has the cores, the second thread comes
    late every time: a run of two seconds took fifty.

    Args:
        numbers: Size of the inputs; from 2,000,000 on nothing is limited.
    """
    return threadpool_limits(limits=1) if numbers < LARGE else nullcontext()
