from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from dlrecipes.data import Columns, Split, audit, balance_classes, from_arrays, weigh_classes
from dlrecipes.errors import ArgumentError, DataError


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
    assert balanced.spec.target.priors == pytest.approx(after / after.sum())
    assert balanced.spec.train_size == len(balanced.train)


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
    before = {one.name: one for one in audit(splits)}["duplicates"]
    after = {one.name: one for one in audit(balance_classes(splits))}["duplicates"]
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
        spec=replace(splits.spec, input_dtype="columns"),
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
