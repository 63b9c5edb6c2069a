"""Data in which every number tells where it comes from."""

import numpy as np
import pytest


@pytest.fixture
def distinct_arrays():
    """60 × 5 inputs and 60 targets in which no number occurs twice."""
    generator = np.random.default_rng(0)
    x = (generator.permutation(300) + 100.5).reshape(60, 5)
    return x, generator.permutation(60) + 1_000_000.5
