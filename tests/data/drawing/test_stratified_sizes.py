import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from dlrecipes.data.drawing.stratified_sizes import stratified_sizes


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 200), st.floats(0, 1)), min_size=1, max_size=15), st.data()
)
def test_sum_and_limits(classes, data):
    counts = np.array([count for count, _ in classes])
    limits = np.array([max(1, int(count * part)) for count, part in classes])
    total = data.draw(st.integers(len(counts), int(limits.sum())))
    sizes = stratified_sizes(counts, total, limits)
    assert sizes.sum() == total
    assert (sizes >= 1).all()
    assert (sizes <= limits).all()


@pytest.mark.parametrize(
    ("counts", "total", "sizes"),
    [
        ([5, 5, 5], 3, [1, 1, 1]),
        ([90, 10], 10, [9, 1]),
        ([98, 1, 1], 10, [8, 1, 1]),
        ([3, 7], 10, [3, 7]),
        ([50, 30, 20], 11, [6, 3, 2]),
    ],
)
def test_by_hand(counts, total, sizes):
    assert stratified_sizes(np.array(counts), total).tolist() == sizes
