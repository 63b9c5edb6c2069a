import itertools

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from dlrecipes.data.drawing.group_assignment import assign_groups


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(1, 20), min_size=3, max_size=7), st.integers(0, 2**32))
def test_few_groups_come_near_to_the_best_division(sizes, seed):
    groups = np.repeat(np.arange(len(sizes)), sizes)
    fractions = np.array([0.6, 0.2, 0.2])
    generator = np.random.default_rng(seed)
    part = assign_groups(groups, np.zeros_like(groups), fractions, generator)
    assert set(part) == {0, 1, 2}

    def distance(division):
        counts = np.bincount(division, weights=sizes, minlength=3)
        return ((counts - fractions * sum(sizes)) ** 2 / fractions).sum()

    divisions = itertools.product(range(3), repeat=len(sizes))
    best = min(distance(division) for division in divisions if set(division) == {0, 1, 2})
    # No worse than one group of the mean size in the wrong part.
    assert distance(part) <= best + (sum(sizes) / len(sizes)) ** 2 / 0.2 * 2


@pytest.mark.parametrize("few", [True, False])
def test_every_class_in_every_part_with_many_and_with_few_groups(few):
    per_class = 3 if few else 1000
    groups = np.arange(4 * per_class)
    part = assign_groups(groups, groups % 4, [0.8, 0.1, 0.1], np.random.default_rng(0))
    table = np.zeros((3, 4), dtype=int)
    np.add.at(table, (part, groups % 4), 1)
    assert (table == 1).all() if few else (table.T == [800, 100, 100]).all()
