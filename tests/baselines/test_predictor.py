"""How many threads the baselines use."""

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from dlrecipes.baselines.predictor import LARGE, calm_threads, free_cores


def threads():
    np.ones((2, 2)) @ np.ones((2, 2))
    return [pool["num_threads"] for pool in threadpool_info()]


@pytest.mark.parametrize(("numbers", "limited"), [(10, True), (LARGE - 1, True), (LARGE, False)])
def test_little_to_do_takes_one_thread(numbers, limited, monkeypatch):
    monkeypatch.setattr("os.getloadavg", lambda: (0.0, 0.0, 0.0))
    before = threads()
    assert before
    with calm_threads(numbers):
        assert threads() == ([1] * len(before) if limited else before)
    assert threads() == before


@pytest.mark.parametrize(
    ("load", "free"), [(0.0, 4), (1.0, 4), (2.1, 3), (4.0, 1), (40.0, 1), (3.6, 1)]
)
def test_large_inputs_take_the_cores_that_nobody_uses(monkeypatch, load, free):
    monkeypatch.setattr("os.getloadavg", lambda: (load, 0.0, 0.0))
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(4)), raising=False)
    assert free_cores(busy_here=1) == free
    before = threads()
    with calm_threads(LARGE):
        assert set(threads()) == {free}
    assert threads() == before
