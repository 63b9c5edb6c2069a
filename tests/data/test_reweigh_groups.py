from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from dlrecipes.data import SealedSplit, Split, Splits, reweigh_groups
from dlrecipes.errors import DataError
from dlrecipes.results import ClassTarget, DataSpec, ValueTarget


def make_splits(labels, groups, task="binary"):
    labels = np.asarray(labels)
    classes = tuple(f"class {at}" for at in range(labels.max() + 1)) if task != "regression" else ()
    target = ClassTarget(class_names=classes) if classes else ValueTarget()
    part = Split(np.zeros((len(labels), 1)), labels, subgroups={"group": np.asarray(groups)})
    spec = DataSpec("made", (1,), "float64", "table", (target,), len(labels))
    return Splits(part, part, SealedSplit(part), spec)


def table(part):
    return pd.crosstab(part.y, part.subgroups["group"], part.sample_weight, aggfunc="sum")


def test_the_lecture_table():
    labels = np.repeat([1, 1, 0, 0], [47, 2, 45, 6])
    groups = np.repeat(["man", "woman", "man", "woman"], [47, 2, 45, 6])
    part = reweigh_groups(make_splits(labels, groups), "group").train
    weights = pd.Series(part.sample_weight).groupby([labels, groups]).first()
    # P(g) P(y) / P(g, y)
    assert weights[1, "woman"] == pytest.approx(0.08 * 0.49 / 0.02)
    assert weights[0, "woman"] == pytest.approx(0.08 * 0.51 / 0.06)
    assert weights[1, "man"] == pytest.approx(0.92 * 0.49 / 0.47)
    assert weights[0, "man"] == pytest.approx(0.92 * 0.51 / 0.45)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.lists(st.integers(1, 30), min_size=3, max_size=3), min_size=2, max_size=4))
def test_label_and_group_become_independent(counts):
    counts = np.array(counts)
    at, group = np.divmod(np.repeat(np.arange(counts.size), counts.ravel()), 3)
    splits = make_splits(at, np.array(["a", "b", "c"])[group], "multiclass")
    weighted = reweigh_groups(splits, "group")
    found = table(weighted.train).to_numpy() / counts.sum()
    np.testing.assert_allclose(found, np.outer(found.sum(1), found.sum(0)), rtol=1e-5)
    # Labels and groups keep their shares, and with them the mean weight is 1.
    np.testing.assert_allclose(found.sum(1), counts.sum(1) / counts.sum(), rtol=1e-5)
    np.testing.assert_allclose(found.sum(0), counts.sum(0) / counts.sum(), rtol=1e-5)
    np.testing.assert_array_equal(weighted.validation.sample_weight, weighted.train.sample_weight)
    assert splits.train.sample_weight is None


def test_weights_are_multiplied_and_new_groups_keep_theirs():
    splits = make_splits([0, 0, 1, 1, 1, 0], ["a", "b", "a", "b", "b", "a"])
    validation = replace(splits.validation, subgroups={"group": np.array(["a", "c"] * 3)})
    once = reweigh_groups(splits, "group").train.sample_weight
    halves = replace(splits.train, sample_weight=np.full(6, 0.5))
    found = reweigh_groups(replace(splits, train=halves, validation=validation), "group")
    np.testing.assert_allclose(found.train.sample_weight, once / 2, rtol=1e-6)
    assert found.validation.sample_weight[1::2].tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("splits", "column", "message"),
    [
        (make_splits([0, 1, 0], ["a", "a", "b"]), "group", "none of 'class 1' in 'b'"),
        (make_splits([0, 1], ["a", "b"]), "sex", "'sex'; the subgroups are 'group'"),
        (make_splits([0, 1], ["a", "b"], "regression"), "group", "Only classes can be reweighed"),
    ],
)
def test_what_cannot_be_reweighed(splits, column, message):
    with pytest.raises(DataError, match=message):
        reweigh_groups(splits, column)


def test_subgroups_are_text():
    with pytest.raises(DataError, match="numbers in 'group'"):
        make_splits([0, 1], [1, 2])
    with pytest.raises(DataError, match="same length.*subgroups: 1 row"):
        Split(np.zeros((2, 1)), np.zeros(2), subgroups={"group": np.array(["a"])})
    with pytest.raises(DataError, match="`subgroups` must be named columns"):
        Split(np.zeros((2, 1)), np.zeros(2), subgroups=np.array(["a", "b"]))
