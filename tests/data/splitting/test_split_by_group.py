import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from dlrecipes.data.splitting import split_by_group
from dlrecipes.data.splitting.split_by_group import assign_groups
from dlrecipes.errors import ArgumentError, DataError

FRACTIONS = {"validation_fraction": 0.2, "test_fraction": 0.2}


@st.composite
def grouped(draw):
    """Groups of at most a third of the examples, with labels, in any order."""
    sizes = draw(st.lists(st.integers(1, 12), min_size=4, max_size=40))
    sizes = [min(size, max(1, sum(sizes) // 4)) for size in sizes]
    groups = np.repeat(np.arange(len(sizes)), sizes)
    labels = draw(st.lists(st.integers(0, 3), min_size=len(groups), max_size=len(groups)))
    order = draw(st.permutations(range(len(groups))))
    return groups[order], np.array(labels)[order]


@settings(deadline=None, max_examples=50)
@given(grouped(), st.floats(0.1, 0.4), st.floats(0.1, 0.4), st.integers(0, 2**40))
def test_parts_divide_the_groups(data, validation, test, seed):
    groups, labels = data
    arguments = {"validation_fraction": validation, "test_fraction": test, "split_seed": seed}
    parts = split_by_group(groups, labels, **arguments)
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(len(groups)))
    sides = [set(groups[part]) for part in parts]
    assert all(sides)
    assert sum(map(len, sides)) == len(set(groups))
    for part, again in zip(parts, split_by_group(groups, labels, **arguments), strict=True):
        assert part.dtype == np.int64
        np.testing.assert_array_equal(part, again)


@settings(deadline=None, max_examples=50)
@given(grouped(), st.randoms())
def test_the_order_of_the_rows_does_not_count(data, shuffler):
    groups, labels = data
    order = list(range(len(groups)))
    shuffler.shuffle(order)
    first = split_by_group(groups, labels, split_seed=3, **FRACTIONS)
    second = split_by_group(groups[order], labels[order], split_seed=3, **FRACTIONS)
    for one, other in zip(first, second, strict=True):
        assert set(groups[one]) == set(groups[order][other])


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(1, 9), min_size=60, max_size=200), st.integers(0, 2**32))
def test_sizes_and_classes_are_near_the_fractions(sizes, seed):
    groups = np.repeat(np.arange(len(sizes)), sizes)
    labels = np.random.default_rng(seed).integers(0, 3, len(groups))
    parts = split_by_group(groups, labels, split_seed=seed, **FRACTIONS)
    for part, fraction in zip(parts, (0.6, 0.2, 0.2), strict=True):
        assert abs(len(part) - fraction * len(groups)) <= max(sizes)
        wanted = fraction * np.bincount(labels, minlength=3)
        assert np.abs(np.bincount(labels[part], minlength=3) - wanted).max() <= 2 * max(sizes)


@pytest.mark.parametrize("seed", range(20))
def test_every_class_in_every_part_if_three_groups_have_it(seed):
    labels = np.repeat([0, 1, 2, 2, 2, 0, 1, 0, 1, 0], [50, 40, 1, 9, 30, 5, 6, 7, 8, 40])
    groups = np.repeat(np.arange(10), [50, 40, 1, 9, 30, 5, 6, 7, 8, 40])
    parts = split_by_group(groups, labels, split_seed=seed, **FRACTIONS)
    assert [sorted(set(labels[part])) for part in parts] == [[0, 1, 2]] * 3


@pytest.mark.parametrize("seed", range(20))
def test_a_class_in_two_groups_is_learned_and_tested(seed):
    groups = np.repeat(np.arange(32), 5)
    labels = (groups >= 30).astype(int)
    train, validation, test = split_by_group(groups, labels, split_seed=seed, **FRACTIONS)
    assert [set(labels[part]) for part in (train, validation, test)] == [{0, 1}, {0}, {0, 1}]


def test_three_groups_of_a_class_each():
    parts = split_by_group([1, 1, 1, 2, 2, 3], [0, 0, 0, 1, 1, 2], split_seed=0, **FRACTIONS)
    assert sorted(map(len, parts)) == [1, 2, 3]
    assert len(parts[0]) == 3


def test_the_seed_moves_groups_of_different_sizes():
    groups = np.repeat(np.arange(40), np.arange(20, 60))
    drawn = {
        tuple(
            np.unique(groups[split_by_group(groups, groups * 0, split_seed=seed, **FRACTIONS)[2]])
        )
        for seed in range(5)
    }
    assert len(drawn) == 5


def test_parts_are_shuffled():
    groups = np.repeat(np.arange(100), 3)
    train, *_ = split_by_group(groups, groups % 2, split_seed=0, **FRACTIONS)
    assert np.any(np.diff(train) < 0)


def test_groups_may_be_text_dates_or_pandas():
    numbers = np.repeat(np.arange(9), 4)
    expected = split_by_group(numbers, numbers % 2, split_seed=0, **FRACTIONS)
    for groups in (
        [f"patient {number}" for number in numbers],
        pd.Series(numbers, index=numbers[::-1]),
        pd.Categorical(numbers),
        np.datetime64("2026-01-01") + numbers,
    ):
        parts = split_by_group(groups, pd.Series(numbers % 2), split_seed=0, **FRACTIONS)
        for part, other in zip(expected, parts, strict=True):
            np.testing.assert_array_equal(part, other)


@pytest.mark.parametrize(
    ("groups", "labels", "error", "message"),
    [
        ([1, 1, 2, 2], [0] * 4, DataError, "at least three groups.*Received: 2 in 4 examples"),
        (
            ["a", None, "b", "c"],
            [0] * 4,
            DataError,
            "`groups` must have a value for every.*1 of 4 missing, first in row 1.*leave those",
        ),
        ([1.0, 2.0, np.nan, 3.0], [0] * 4, DataError, "`groups`.*1 of 4 missing, first in row 2"),
        (["a", "b", " ", "c"], [0] * 4, DataError, "`groups`.*1 of 4 missing, first in row 2"),
        ([1, 2, 3], [0, None, 1], DataError, "`labels`.*1 of 3 missing"),
        ([1, 2, 3], [0, 1], DataError, "`labels` must have one value.*2 values for 3 examples"),
        ([[1], [2], [3]], [0] * 3, DataError, r"`groups` must have one value.*shape \(3, 1\)"),
        ([], [], DataError, r"`groups` must have one value.*shape \(0,\)"),
        (
            np.array([1, "1", 2, 3], dtype=object),
            [0] * 4,
            DataError,
            "all be of one kind.*numbers and text.*into text",
        ),
        (
            ["a"] * 90 + ["b"] * 9 + ["c"],
            [0] * 100,
            DataError,
            "at least half.*group 'a' holds 90 of 100 examples and all others 10, where 40",
        ),
    ],
)
def test_malformed_data(groups, labels, error, message):
    with pytest.raises(error, match=message):
        split_by_group(groups, labels, split_seed=0, **FRACTIONS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"test_fraction": 0}, "`test_fraction` must be"),
        ({"validation_fraction": 1.0}, "`validation_fraction` must be"),
        ({"validation_fraction": 0.5, "test_fraction": 0.5}, "something to train"),
        ({"split_seed": -1}, "`split_seed` must be"),
    ],
)
def test_malformed_arguments(change, message):
    with pytest.raises(ArgumentError, match=message):
        split_by_group([1, 2, 3], [0] * 3, **{**FRACTIONS, "split_seed": 0, **change})


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
