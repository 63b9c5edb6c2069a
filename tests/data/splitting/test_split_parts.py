"""Splitting off what is not given."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from dlrecipes.data.splitting import join_copies, split_parts
from dlrecipes.data.splitting.split_stratified import split_stratified
from dlrecipes.errors import ArgumentError, DataError

FRACTIONS = st.sampled_from([None, 0.1, 0.3, 0.45])


@settings(deadline=None, max_examples=60)
@given(st.integers(30, 90), FRACTIONS, FRACTIONS, st.booleans(), st.integers(0, 99))
def test_every_row_is_in_one_part(size, validation, test, grouped, seed):
    labels = np.arange(size) % 2
    groups = np.arange(size) // 3 if grouped else None
    parts = split_parts(
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
        split_parts(labels, **arguments), split_stratified(labels, **arguments), strict=True
    ):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("validation", "test"), [(1.0, None), (None, 0.0), (0.5, 0.5)])
def test_fractions_outside_their_range(validation, test):
    with pytest.raises(ArgumentError):
        split_parts(
            np.arange(50) % 2, validation_fraction=validation, test_fraction=test, split_seed=0
        )


IDS = np.array(["a", "b", "c", "d", "e"])
X = np.array([[1.0], [2.0], [1.0], [3.0], [2.0]])


def test_copies_are_called_after_the_first():
    assert join_copies(X, IDS).tolist() == ["a", "b", "a", "d", "b"]


def test_no_copies_and_no_groups():
    assert join_copies(np.arange(5.0), IDS) is None


def test_groups_without_copies_keep_their_names():
    assert join_copies(np.arange(5.0), IDS, [2, 2, 1, 1, 2]).tolist() == list("22112")


def test_copies_join_groups():
    found = join_copies(X, IDS, ["p", "q", "r", "s", "s"])
    assert found.tolist() == ["p + r", "q + s", "p + r", "q + s", "q + s"]


def test_minus_zero_is_zero():
    assert join_copies(np.array([0.0, -0.0]), IDS[:2]).tolist() == ["a", "a"]


def test_missing_group():
    with pytest.raises(DataError, match="missing"):
        join_copies(X, IDS, ["p", None, "r", "s", "s"])


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=25))
def test_joined_are_what_groups_and_copies_connect(rows):
    groups, contents = (np.array(one) for one in zip(*rows, strict=True))
    found = join_copies(contents[:, None], np.arange(len(rows)), groups)
    expected = np.arange(len(rows))
    for _ in rows:  # the smallest number spreads one step along groups and copies at a time
        for column in (groups, contents):
            expected = np.array([expected[column == value].min() for value in column])
    assert len(set(zip(found, expected, strict=True))) == len(set(found)) == len(set(expected))
