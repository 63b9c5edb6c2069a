import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from dlrecipes.data.splitting.split_stratified import split_stratified, stratified_sizes
from dlrecipes.errors import ArgumentError, DataError

sizes = st.lists(st.integers(3, 60), min_size=1, max_size=12)
fractions = st.floats(0.02, 0.48)


@settings(deadline=None, max_examples=50)
@given(sizes, fractions, fractions, st.integers(0, 2**32), st.randoms())
def test_partition_and_proportions(class_sizes, validation, test, seed, shuffler):
    labels = np.repeat(np.arange(len(class_sizes)), class_sizes)
    order = list(range(len(labels)))
    shuffler.shuffle(order)
    labels = labels[order]
    arguments = {
        "validation_fraction": validation,
        "test_fraction": test,
        "split_seed": seed,
    }
    parts = split_stratified(labels, **arguments)
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(len(labels)))
    counts = [np.bincount(labels[part], minlength=len(class_sizes)) for part in parts]
    assert min(count.min() for count in counts) >= 1
    for count, fraction in ((counts[1], validation), (counts[2], test)):
        assert np.abs(count - fraction * np.array(class_sizes)).max() <= 1 + 1e-9
    for part, again in zip(parts, split_stratified(labels, **arguments), strict=True):
        np.testing.assert_array_equal(part, again)


def test_total_sizes_are_the_fractions():
    labels = np.repeat(np.arange(100), 7)  # 1.4 of each class: rounding each would give 100
    parts = split_stratified(labels, validation_fraction=0.2, test_fraction=0.2, split_seed=0)
    assert [len(part) for part in parts] == [420, 140, 140]


def test_only_the_split_seed_moves_rows():
    labels = np.repeat([0, 1], 50)
    arguments = {"validation_fraction": 0.2, "test_fraction": 0.2}
    np.random.seed(1)  # noqa: NPY002
    first = split_stratified(labels, split_seed=0, **arguments)
    np.random.seed(2)  # noqa: NPY002
    second = split_stratified(labels, split_seed=0, **arguments)
    other = split_stratified(labels, split_seed=1, **arguments)
    np.testing.assert_array_equal(first[2], second[2])
    assert set(first[2]) != set(other[2])


def test_parts_are_shuffled():
    labels = np.repeat([0, 1], 50)
    train, *_ = split_stratified(labels, validation_fraction=0.2, test_fraction=0.2, split_seed=0)
    assert 0 < labels[train[:30]].sum() < 30


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"test_fraction": 0}, ArgumentError, "`test_fraction` must be"),
        ({"validation_fraction": 1.0}, ArgumentError, "`validation_fraction` must be"),
        ({"validation_fraction": 0.5, "test_fraction": 0.5}, ArgumentError, "something to train"),
        ({"split_seed": -1}, ArgumentError, "`split_seed` must be"),
        ({"minimum": 3}, DataError, "at least 9 examples"),
    ],
)
def test_malformed(change, error, message):
    arguments = {"validation_fraction": 0.2, "test_fraction": 0.2, "split_seed": 0} | change
    with pytest.raises(error, match=message):
        split_stratified(np.repeat([0, 1], 5), **arguments)


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
