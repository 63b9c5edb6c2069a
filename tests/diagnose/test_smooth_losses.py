"""The smoothness of a loss."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

import dlrecipes as dlr
from dlrecipes.errors import ArgumentError

smoothness = dlr.diagnose.smoothness


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=20))
def test_bounds_and_direction(losses):
    found = smoothness(losses)
    assert -1 - 1e-9 <= found <= 1 + 1e-9
    assert found == pytest.approx(-smoothness(losses[::-1]), abs=1e-9)
    falling = np.unique(losses)[::-1]
    if len(falling) > 1:
        assert smoothness(falling) == pytest.approx(1)


def test_noise_makes_a_fall_rough():
    fall = np.exp(-np.arange(30) / 5)
    noise = np.random.default_rng(0).normal(size=30)
    scores = [smoothness(fall + size * noise) for size in (0, 0.01, 0.1)]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == 1 > scores[1] > 0.5 > scores[2]
    assert smoothness([0.5, 0.5]) == 0


@pytest.mark.parametrize("losses", [[1.0], [1.0, np.nan], [[1.0, 2.0]]])
def test_mistakes(losses):
    with pytest.raises(ArgumentError, match="at least two finite numbers"):
        smoothness(losses)
