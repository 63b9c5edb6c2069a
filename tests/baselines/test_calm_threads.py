"""How many threads the baselines use."""

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from dlrecipes.baselines.calm_threads import calm_threads
from dlrecipes.baselines.predictor import LARGE


def threads():
    np.ones((2, 2)) @ np.ones((2, 2))
    return [pool["num_threads"] for pool in threadpool_info()]


@pytest.mark.parametrize(("numbers", "limited"), [(10, True), (LARGE - 1, True), (LARGE, False)])
def test_little_to_do_takes_one_thread(numbers, limited):
    before = threads()
    assert before
    with calm_threads(numbers):
        assert threads() == ([1] * len(before) if limited else before)
    assert threads() == before
