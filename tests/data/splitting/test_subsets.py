import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from dlrecipes.data.splitting import ladder, subset
from dlrecipes.errors import ArgumentError, DataError

class_sizes = st.lists(st.integers(1, 60), min_size=1, max_size=10)
seeds = st.integers(0, 2**40)


def shuffled_labels(sizes, seed):
    return np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))


def assert_shares(counts, sizes):
    """Within one example of the share, where no share is below one."""
    assert counts.min() >= 1
    share = np.array(sizes) * counts.sum() / sum(sizes)
    if share.min() >= 1:
        assert np.abs(counts - share).max() < 1


@settings(deadline=None, max_examples=50)
@given(class_sizes, st.floats(0.01, 1), seeds, st.randoms())
def test_subset(sizes, fraction, seed, shuffler):
    labels = shuffled_labels(sizes, seed)
    rows = subset(labels, fraction, seed=seed)
    assert rows.dtype == np.int64
    assert len(rows) == len(set(rows)) == max(round(fraction * len(labels)), len(sizes))
    counts = np.bincount(labels[rows], minlength=len(sizes))
    assert_shares(counts, sizes)
    np.testing.assert_array_equal(rows, subset(labels, fraction, seed=seed))
    np.testing.assert_array_equal(rows, subset(labels, len(rows), seed=seed))
    order = list(range(len(labels)))
    shuffler.shuffle(order)
    other = subset(labels[order], fraction, seed=seed)
    np.testing.assert_array_equal(np.bincount(labels[order][other], minlength=len(sizes)), counts)


@settings(deadline=None, max_examples=50)
@given(class_sizes, st.floats(0.01, 1), st.floats(1.1, 4), seeds)
def test_ladder(sizes, first, factor, seed):
    labels = shuffled_labels(sizes, seed)
    rungs = ladder(labels, first=first, factor=factor, seed=seed)
    assert len(rungs[0]) == max(round(first * len(labels)), len(sizes))
    np.testing.assert_array_equal(np.sort(rungs[-1]), np.arange(len(labels)))
    for rung, larger in zip(rungs, rungs[1:], strict=False):
        assert len(rung) < len(larger) <= max(round(factor * len(rung)), len(rung) + 1)
        np.testing.assert_array_equal(larger[: len(rung)], rung)
    for rung in rungs:
        counts = np.bincount(labels[rung], minlength=len(sizes))
        assert counts.min() >= 1
        if factor >= 2 and min(sizes) * len(rungs[0]) >= len(labels):
            assert_shares(counts, sizes)
    for rung, again in zip(
        rungs, ladder(labels, first=first, factor=factor, seed=seed), strict=True
    ):
        np.testing.assert_array_equal(rung, again)


def test_sizes_of_the_rungs():
    labels = np.arange(1000) % 2
    assert [len(rung) for rung in ladder(labels, first=100, seed=0)] == [100, 200, 400, 800, 1000]
    assert [len(rung) for rung in ladder(labels, first=1000, seed=0)] == [1000]
    assert [len(rung) for rung in ladder(labels, first=0.1, factor=10, seed=0)] == [100, 1000]


def test_some_classes():
    labels = np.array(["a", "b", "c", "d"] * 25)
    rows = subset(labels, 0.2, classes=["b", "d"], seed=0)
    assert np.unique(labels[rows], return_counts=True)[1].tolist() == [5, 5]
    assert set(labels[rows]) == {"b", "d"}


def test_a_rare_class_stays():
    labels = np.repeat([0, 1], [9990, 10])
    rows = subset(labels, 100, seed=0)
    assert np.bincount(labels[rows]).tolist() == [99, 1]


def test_seeds_differ_and_rows_are_shuffled():
    labels = np.repeat([0, 1], 500)
    first, second = (subset(labels, 100, seed=seed) for seed in (0, 1))
    assert set(first) != set(second)
    assert 0 < labels[first[:30]].sum() < 30
    assert 0 < labels[ladder(labels, first=100, seed=0)[-1][-100:]].sum() < 100


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: subset([0, 1, 2], 2, seed=0), ArgumentError, "classes to .* 3 to 3.*=2"),
        (lambda: subset([0, 0, 0], 4, seed=0), ArgumentError, "1 to 3.*=4.*as a float"),
        (lambda: subset([0, 0, 0], 0.0, seed=0), ArgumentError, r"finite number in \(0, 1\]"),
        (lambda: subset([0, 0, 0], 1.5, seed=0), ArgumentError, r"finite number in \(0, 1\]"),
        (lambda: subset([0, 0, 0], True, seed=0), ArgumentError, "`size_or_fraction`"),
        (lambda: subset([0, 0, 0], 0.5, seed=-1), ArgumentError, "`seed`"),
        (lambda: subset([0, None], 0.5, seed=0), DataError, "`labels`.*1 of 2 missing"),
        (
            lambda: subset(["a", "b"], 1.0, classes=["a", "x"], seed=0),
            DataError,
            "labels that occur.*'x'.*The labels are 'a', 'b'",
        ),
        (lambda: subset([1, 2], 1.0, classes=[], seed=0), DataError, "labels that occur.*none"),
        (lambda: ladder([0, 0], first=3, seed=0), ArgumentError, "`first` must be.*1 to 2"),
        (lambda: ladder([0, 0], first=1, factor=1, seed=0), ArgumentError, "`factor` must be"),
        (lambda: ladder([0, 0], first=1, seed=0.5), ArgumentError, "`seed`"),
    ],
)
def test_malformed(call, error, message):
    with pytest.raises(error, match=message):
        call()
