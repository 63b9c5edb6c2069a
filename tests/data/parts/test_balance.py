from dataclasses import replace

import keras
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from dlrecipes.data import (
    Columns,
    SealedSplit,
    Split,
    Splits,
    audit,
    balance_classes,
    from_arrays,
    reweigh_groups,
    weigh_classes,
)
from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.models import prior_bias
from dlrecipes.results import ClassTarget, DataSpec, ValueTarget


def rare(examples=200, positives=20, seed=0):
    x = np.random.default_rng(seed).normal(size=(examples, 3))
    return from_arrays(x, np.repeat(["no", "yes"], [examples - positives, positives]))


def shares(part):
    sums = np.bincount(part.y, part.sample_weight)
    return sums / sums.sum()


@settings(deadline=None, max_examples=20)
@given(st.lists(st.integers(5, 60), min_size=2, max_size=5))
def test_balanced_classes_have_equal_shares(sizes):
    x = np.arange(sum(sizes), dtype=float)[:, None]
    splits = weigh_classes(from_arrays(x, np.repeat(np.arange(len(sizes)), sizes)))
    assert shares(splits.train) == pytest.approx(np.full(len(sizes), 1 / len(sizes)))
    assert splits.train.sample_weight.mean() == pytest.approx(1)
    assert splits.raw_spec.target.priors == pytest.approx(shares(splits.train))
    assert splits.model_spec.target.priors == splits.raw_spec.target.priors
    # The validation part weighs a class as training does, whatever its own counts.
    for label in range(len(sizes)):
        weights = [
            part.sample_weight[part.y == label] for part in (splits.train, splits.validation)
        ]
        assert len(np.unique(np.concatenate(weights))) == 1


def test_given_weights_and_weights_that_are_there():
    splits = rare()
    splits = replace(splits, train=replace(splits.train, sample_weight=np.arange(1.0, 121.0)))
    weighed = weigh_classes(splits, {"yes": 3})
    before, after = splits.train.sample_weight, weighed.train.sample_weight
    ratio = after / before
    yes = splits.train.y == 1
    assert ratio[yes] == pytest.approx(3 * ratio[~yes][0])
    assert after.mean() == pytest.approx(1)
    validation = weighed.validation
    assert validation.sample_weight[validation.y == 1][0] == pytest.approx(ratio[yes][0])


def test_nothing_else_changes():
    splits = rare()
    weighed = weigh_classes(splits)
    assert weighed.test is splits.test
    assert weighed.train.x is splits.train.x
    assert splits.train.sample_weight is None
    assert weighed.development().fingerprint != splits.development().fingerprint


@pytest.mark.parametrize("weights", ["balanced", {"yes": 4.0}])
def test_the_prior_start_has_the_loss_of_the_weighted_base_rates(weights):
    splits = weigh_classes(rare(), weights)
    spec, train = splits.model_spec, splits.train
    model = keras.Sequential([keras.Input(spec.input_shape), keras.layers.Dense(1, name="out")])
    model.layers[-1].set_weights([np.zeros((3, 1)), np.array(prior_bias(spec))])
    model.compile("sgd", keras.losses.BinaryCrossentropy(from_logits=True))
    loss = model.evaluate(train.x, train.y, sample_weight=train.sample_weight, verbose=0)
    p = shares(train)
    assert loss == pytest.approx(-(p * np.log(p)).sum(), rel=1e-5)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ("equal", r'"balanced" or \{class: weight\}.*Received: weights=\'equal\''),
        ({"maybe": 2}, r"Received: 'maybe'.*The classes are 'no', 'yes'"),
        ({"yes": 0}, r"finite number in \(0"),
    ],
)
def test_wrong_weights(weights, message):
    with pytest.raises(ArgumentError, match=message):
        weigh_classes(rare(), weights)


def test_values_have_no_classes():
    splits = from_arrays(np.ones((50, 1)), np.linspace(0, 1, 50))
    with pytest.raises(ArgumentError, match="regression"):
        weigh_classes(splits)


def made(sizes):
    x = np.arange(sum(sizes), dtype=float)[:, None]
    return from_arrays(x, np.repeat(np.arange(len(sizes)), sizes))


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.integers(5, 60), min_size=2, max_size=4),
    st.floats(0.05, 1.0),
    st.integers(0, 3),
)
def test_rare_classes_are_repeated_evenly_and_no_row_is_lost(sizes, ratio, seed):
    splits = made(sizes)
    balanced = balance_classes(splits, ratio, seed=seed)
    before, after = np.bincount(splits.train.y), np.bincount(balanced.train.y)
    assert after.tolist() == np.maximum(before, np.round(ratio * before.max())).tolist()
    ids, times = np.unique(balanced.train.ids, return_counts=True)
    assert ids.tolist() == sorted(splits.train.ids)
    label = dict(zip(splits.train.ids, splits.train.y, strict=True))
    for one in range(len(sizes)):
        own = times[[label[name] == one for name in ids]]
        assert own.max() - own.min() <= 1
    assert (balanced.train.x[:, 0] == balanced.train.ids).all()
    assert balanced.raw_spec.target.priors == pytest.approx(after / after.sum())
    assert balanced.raw_spec.train_size == len(balanced.train)


def test_validation_and_test_stay_and_the_seed_decides():
    splits = made((80, 20))
    balanced = balance_classes(splits, seed=1)
    assert balanced.validation is splits.validation
    assert balanced.test is splits.test
    again, other = balance_classes(splits, seed=1), balance_classes(splits, seed=2)
    assert (again.train.ids == balanced.train.ids).all()
    assert (other.train.ids != balanced.train.ids).any()


def test_batches_have_nearly_equal_shares():
    train = balance_classes(made((900, 60))).train
    generator = np.random.default_rng(0)
    for _ in range(3):
        order = generator.permutation(len(train))
        found = [train.y[order[at : at + 128]].mean() for at in range(0, len(train), 128)]
        assert np.mean(found[:-1]) == pytest.approx(0.5, abs=0.03)
        assert min(found[:-1]) > 0.3
        assert max(found[:-1]) < 0.7


def test_the_audit_takes_repeated_rows_for_one():
    splits = made((80, 20))
    before = {finding.name: finding for finding in audit(splits)}["duplicates"]
    after = {finding.name: finding for finding in audit(balance_classes(splits))}["duplicates"]
    assert after == before


def test_columns_and_weights_go_along():
    splits = made((40, 10))
    train = splits.train
    splits = replace(
        splits,
        train=Split(
            x=Columns({"number": train.x[:, 0]}),
            y=train.y,
            ids=train.ids,
            sample_weight=train.x[:, 0] + 1,
        ),
        validation=replace(splits.validation, x=Columns({"number": splits.validation.x[:, 0]})),
        raw_spec=replace(splits.raw_spec, input_dtype="columns"),
    )
    balanced = balance_classes(splits).train
    assert (balanced.x["number"] == balanced.ids).all()
    assert (balanced.sample_weight == balanced.ids + 1).all()


def test_as_weights_in_expectation():
    """Both ways sum the same losses: repeating a row is weighing it."""
    splits = made((90, 30))
    losses = np.random.default_rng(0).uniform(size=120)
    weighed, repeated = weigh_classes(splits).train, balance_classes(splits).train
    mean = np.average(losses[weighed.ids], weights=weighed.sample_weight)
    assert losses[repeated.ids].mean() == pytest.approx(mean)


def test_wrong_uses():
    splits = made((40, 10))
    with pytest.raises(ArgumentError, match=r"`ratio` must be a finite number in \(0, 1\]"):
        balance_classes(splits, 1.5)
    with pytest.raises(ArgumentError, match="regression"):
        balance_classes(from_arrays(np.ones((50, 1)), np.linspace(0, 1, 50)))
    one = splits.train.y == 0
    part = Split(x=splits.train.x[one], y=splits.train.y[one])
    with pytest.raises(DataError, match="none of '1'"):
        balance_classes(replace(splits, train=part))


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
    ],
)
def test_what_cannot_be_reweighed(splits, column, message):
    with pytest.raises(DataError, match=message):
        reweigh_groups(splits, column)


def test_values_cannot_be_reweighed():
    values = make_splits([0, 1], ["a", "b"], "regression")
    with pytest.raises(ArgumentError, match="Only classes can be reweighed"):
        reweigh_groups(values, "group")


def test_subgroups_are_text():
    with pytest.raises(DataError, match="numbers in 'group'"):
        make_splits([0, 1], [1, 2])
    with pytest.raises(DataError, match="same length.*subgroups: 1 row"):
        Split(np.zeros((2, 1)), np.zeros(2), subgroups={"group": np.array(["a"])})
    with pytest.raises(DataError, match="`subgroups` must be named columns"):
        Split(np.zeros((2, 1)), np.zeros(2), subgroups=np.array(["a", "b"]))
