"""Copies and groups that must stay together."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from dlrecipes.data.drawing import join_copies
from dlrecipes.errors import DataError

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
            expected = np.array([expected[column == one].min() for one in column])
    assert len(set(zip(found, expected, strict=True))) == len(set(found)) == len(set(expected))
