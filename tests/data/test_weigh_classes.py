from dataclasses import replace

import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from dlrecipes.data import from_arrays, weigh_classes
from dlrecipes.errors import ArgumentError
from dlrecipes.models import prior_bias


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
    assert splits.spec.target.priors == pytest.approx(shares(splits.train))
    assert splits.model_spec.target.priors == splits.spec.target.priors
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
