from dataclasses import FrozenInstanceError

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings, strategies as st

from dlrecipes.data.splitting import Fold, group_folds, stopping_part, stratified_folds, time_folds
from dlrecipes.errors import ArgumentError, DataError

class_sizes = st.lists(st.integers(5, 30), min_size=1, max_size=6)
seeds = st.integers(0, 2**40)
times = st.lists(st.integers(-30, 30), min_size=3, max_size=80).filter(lambda t: len(set(t)) >= 3)


def assert_partition(folds, examples):
    rows = np.concatenate([fold.validation for fold in folds])
    np.testing.assert_array_equal(np.sort(rows), np.arange(examples))
    for fold in folds:
        both = np.concatenate([fold.train, fold.validation])
        np.testing.assert_array_equal(np.sort(both), np.arange(examples))


def assert_same(folds, others):
    for fold, other in zip(folds, others, strict=True):
        np.testing.assert_array_equal(fold.train, other.train)
        np.testing.assert_array_equal(fold.validation, other.validation)


@settings(deadline=None, max_examples=60)
@given(class_sizes, st.integers(2, 5), st.integers(1, 3), seeds)
def test_stratified_folds(sizes, number, repeats, seed):
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    folds = stratified_folds(labels, number, repeats=repeats, seed=seed)
    assert len(folds) == number * repeats
    for start in range(0, len(folds), number):
        assert_partition(folds[start : start + number], len(labels))
    for fold in folds:
        assert fold.train.dtype == fold.validation.dtype == np.int64
        counts = np.bincount(labels[fold.validation], minlength=len(sizes))
        assert np.abs(counts - np.array(sizes) / number).max() < 1
    assert_same(folds, stratified_folds(labels, number, repeats=repeats, seed=seed))


def test_repeats_and_seeds_differ():
    labels = np.repeat([0, 1], 50)
    first, _, second, _ = stratified_folds(labels, 2, repeats=2, seed=0)
    assert set(first.validation) != set(second.validation)
    other, _ = stratified_folds(labels, 2, seed=1)
    assert set(first.validation) != set(other.validation)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(1, 9), min_size=5, max_size=40), st.integers(2, 5), seeds, st.randoms())
def test_group_folds(sizes, number, seed, shuffler):
    groups = np.repeat(np.arange(len(sizes)), sizes)
    labels = np.random.default_rng(seed).integers(0, 3, len(groups))
    folds = group_folds(groups, labels, number, seed)
    assert_partition(folds, len(groups))
    for fold in folds:
        assert len(fold.validation)
        assert not set(groups[fold.train]) & set(groups[fold.validation])
    assert_same(folds, group_folds(groups, labels, number, seed))
    order = list(range(len(groups)))
    shuffler.shuffle(order)
    for fold, other in zip(
        folds, group_folds(groups[order], labels[order], number, seed), strict=True
    ):
        assert set(groups[fold.validation]) == set(groups[order][other.validation])


def test_group_folds_are_even_and_have_every_class():
    generator = np.random.default_rng(0)
    groups = generator.integers(0, 60, 1000)
    labels = np.where(np.isin(groups, range(5)), 1, 0)  # five groups for five folds
    for fold in group_folds(groups, labels, 5, seed=1):
        assert abs(len(fold.validation) - 200) <= 10
        assert set(labels[fold.validation]) == {0, 1}


@settings(deadline=None, max_examples=50)
@given(times, st.integers(2, 5), st.none() | st.integers(0, 5))
def test_time_folds(values, number, gap):
    time = np.array(values)
    assume(len(set(values)) > number)
    try:
        folds = time_folds(time, number, gap)
    except DataError as error:
        assert "gap must leave rows" in str(error)  # noqa: PT017
        return
    assert len(folds) == number
    seen = np.concatenate([fold.validation for fold in folds])
    start = time[folds[0].validation].min()
    np.testing.assert_array_equal(np.sort(seen), np.flatnonzero(time >= start))
    for fold in folds:
        start = time[fold.validation].min()
        # Directly after: all that is earlier by more than the gap is trained on, nothing else.
        np.testing.assert_array_equal(
            np.sort(fold.train), np.flatnonzero(start - time > (gap or 0))
        )
        assert len(fold.train)
        assert (np.diff(time[fold.validation]) >= 0).all()


def test_time_folds_are_even():
    folds = time_folds(pd.date_range("2026-01-01", periods=60), 5, pd.Timedelta(days=2))
    assert [(len(fold.train), len(fold.validation)) for fold in folds] == [
        (10 * number - 2, 10) for number in range(1, 6)
    ]


@settings(deadline=None, max_examples=60)
@given(class_sizes, st.floats(0.05, 0.6), seeds)
def test_stopping_part(sizes, fraction, seed):
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    for fold in stratified_folds(labels, 3, seed=seed):
        fit, stopping = stopping_part(fold, labels, fraction=fraction, seed=seed)
        np.testing.assert_array_equal(np.sort(np.concatenate([fit, stopping])), fold.train)
        assert len(stopping) == max(round(fraction * len(fold.train)), len(sizes))
        assert set(labels[fit]) == set(labels[stopping]) == set(labels)
        again = stopping_part(fold, labels, fraction=fraction, seed=seed)
        np.testing.assert_array_equal(stopping, again[1])


def test_a_single_example_of_a_class_is_fitted():
    fold = Fold(np.arange(1, 9), np.array([0]))
    fit, stopping = stopping_part(fold, [0, 0, 0, 0, 0, 0, 0, 0, 1], fraction=0.5, seed=0)
    assert 8 in fit
    assert len(stopping) == 4


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(1, 9), min_size=8, max_size=40), st.floats(0.1, 0.5), seeds)
def test_stopping_part_by_group(sizes, fraction, seed):
    groups = np.array([f"g{group}" for group in np.repeat(np.arange(len(sizes)), sizes)])
    labels = np.zeros(len(groups))
    for fold in group_folds(groups, labels, 4, seed):
        fit, stopping = stopping_part(fold, labels, groups=groups, fraction=fraction, seed=seed)
        np.testing.assert_array_equal(np.sort(np.concatenate([fit, stopping])), fold.train)
        sides = [set(groups[rows]) for rows in (fit, stopping, fold.validation)]
        assert all(sides)
        assert sum(map(len, sides)) == len(sizes)


def test_stopping_part_by_time():
    time = np.random.default_rng(0).permutation(np.repeat(np.arange(60), 2))
    labels = np.zeros(120)
    for gap in (None, 3):
        for fold in time_folds(time, 3, gap):
            arguments = {"time": time, "gap": gap, "fraction": 0.2, "seed": 0}
            fit, stopping = stopping_part(fold, labels, **arguments)
            assert time[stopping].min() - time[fit].max() == (gap or 0) + 1
            assert time[fold.validation].min() - time[stopping].max() == (gap or 0) + 1
            assert abs(len(stopping) - 0.2 * len(fold.train)) <= 1
            assert len(fit) + len(stopping) + 2 * (gap or 0) == len(fold.train)


def test_fold():
    fold = Fold(np.arange(3), np.arange(3, 5))
    assert repr(fold) == "Fold(3 to train on, 2 to validate on)"
    with pytest.raises(FrozenInstanceError):
        fold.train = np.arange(2)


FOLD = Fold(np.arange(6), np.arange(6, 9))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: stratified_folds([0, 1] * 9, 1, seed=0), ArgumentError, "`folds`.*at least 2"),
        (lambda: stratified_folds([0, 1] * 9, 2, repeats=0, seed=0), ArgumentError, "`repeats`"),
        (lambda: stratified_folds([0, 1] * 9, 2, seed=-1), ArgumentError, "`seed`"),
        (
            lambda: stratified_folds(["a"] * 9 + ["b"] * 3, 4, seed=0),
            DataError,
            "as many examples of each class as folds.*3 of 'b' for 4 folds.*fewer folds",
        ),
        (lambda: group_folds([1, 2], [0, 0], 1, 0), ArgumentError, "`folds`.*at least 2"),
        (lambda: group_folds([1, 2, 2], [0] * 3, 3, 0), DataError, "2 groups for 3 folds"),
        (lambda: group_folds([1, None, 2], [0] * 3, 2, 0), DataError, "`groups`.*1 of 3 missing"),
        (lambda: time_folds([1, 2, 3], 1), ArgumentError, "`folds`.*at least 2"),
        (
            lambda: time_folds([1, 2, 3, 3], 3),
            DataError,
            "more different times than folds.*3 different times in 4 examples for 3 folds",
        ),
        (lambda: time_folds(range(9), 2, 5), DataError, "gap must leave rows.*gap=5"),
        (
            lambda: stopping_part(FOLD, [0] * 9, fraction=1, seed=0),
            ArgumentError,
            "`fraction` must be",
        ),
        (
            lambda: stopping_part(
                FOLD, [0] * 9, groups=[0] * 9, time=range(9), fraction=0.2, seed=0
            ),
            ArgumentError,
            "Received: both",
        ),
        (
            lambda: stopping_part(FOLD, [0] * 9, gap=2, fraction=0.2, seed=0),
            ArgumentError,
            "`gap` without `time`",
        ),
        (
            lambda: stopping_part(FOLD, [0] * 5, fraction=0.2, seed=0),
            DataError,
            "data that the fold was made of.*5 labels and row 5",
        ),
        (
            lambda: stopping_part(FOLD, [0] * 9, groups=[0] * 8, fraction=0.2, seed=0),
            DataError,
            "8 values for 9 examples",
        ),
        (
            lambda: stopping_part(FOLD, [0] * 9, time=range(8), fraction=0.2, seed=0),
            DataError,
            "8 values for 9 examples",
        ),
        (
            lambda: stopping_part(FOLD, [0] * 9, groups=[0] * 6 + [1] * 3, fraction=0.2, seed=0),
            DataError,
            "at least two groups.*Received: 1",
        ),
        (
            lambda: stopping_part(FOLD, [0] * 9, time=[0] * 6 + [1] * 3, fraction=0.2, seed=0),
            DataError,
            "at least two different times.*Received: 1",
        ),
        (
            lambda: stopping_part(FOLD, range(9), fraction=0.2, seed=0),
            DataError,
            "at least two examples of a class.*Received: 1",
        ),
    ],
)
def test_malformed(call, error, message):
    with pytest.raises(error, match=message):
        call()
