"""Drawing what is not given."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from dlrecipes.data.drawing import draw_parts
from dlrecipes.data.split_stratified import split_stratified
from dlrecipes.errors import ArgumentError

FRACTIONS = st.sampled_from([None, 0.1, 0.3, 0.45])


@settings(deadline=None, max_examples=60)
@given(st.integers(30, 90), FRACTIONS, FRACTIONS, st.booleans(), st.integers(0, 99))
def test_every_row_is_in_one_part(size, validation, test, grouped, seed):
    labels = np.arange(size) % 2
    groups = np.arange(size) // 3 if grouped else None
    parts = draw_parts(
        labels,
        groups=groups,
        validation_fraction=validation,
        test_fraction=test,
        split_seed=seed,
    )
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(size))
    for rows, fraction in zip(parts[1:], (validation, test), strict=True):
        assert len(rows) == pytest.approx((fraction or 0) * size, abs=5 if grouped else 1)
        if fraction and not grouped:
            assert labels[rows].mean() == pytest.approx(0.5, abs=0.5 / len(rows) + 1e-9)
    if grouped:
        held = [set(groups[rows]) for rows in parts]
        assert sum(map(len, held)) == len(set.union(*held))


def test_both_drawn_are_the_stratified_split():
    labels = np.arange(50) % 3
    arguments = {"validation_fraction": 0.2, "test_fraction": 0.3, "split_seed": 4}
    for one, other in zip(
        draw_parts(labels, **arguments), split_stratified(labels, **arguments), strict=True
    ):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("validation", "test"), [(1.0, None), (None, 0.0), (0.5, 0.5)])
def test_fractions_outside_their_range(validation, test):
    with pytest.raises(ArgumentError):
        draw_parts(
            np.arange(50) % 2, validation_fraction=validation, test_fraction=test, split_seed=0
        )
