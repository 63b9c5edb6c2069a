"""Fewer training examples: which, and what of the rest stays."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from dlrecipes.data import climb_ladder, from_arrays, start_small
from dlrecipes.errors import ArgumentError
from dlrecipes.recipe import load_recipe


def splits(examples=200, classes=4):
    x = np.random.default_rng(0).normal(size=(examples, 3))
    return from_arrays(x, np.arange(examples) % classes)


@settings(deadline=None, max_examples=20)
@given(size=st.integers(4, 120), seed=st.integers(0, 99))
def test_a_stratified_part_of_the_training_examples(size, seed):
    whole = splits()
    small = start_small(whole, size, seed=seed)
    counts = np.bincount(small.train.y, minlength=4)
    assert counts.sum() == size == small.raw_spec.train_size
    assert counts.max() - counts.min() <= 1
    assert set(small.train.ids) <= set(whole.train.ids)
    assert small.raw_spec.target.priors == pytest.approx((counts / size).tolist())
    assert small.validation is whole.validation
    assert small.test is whole.test


def test_the_ladder_leads_back_to_all():
    whole = splits()
    rungs = climb_ladder(whole, 0.1)
    sizes = [len(rung.train) for rung in rungs]
    assert sizes == [12, 24, 48, 96, 120]
    for lower, upper in zip(rungs, rungs[1:], strict=False):
        assert set(lower.train.ids) < set(upper.train.ids)
    assert set(rungs[-1].train.ids) == set(whole.train.ids)


def test_values_are_drawn_by_chance():
    x = np.random.default_rng(0).normal(size=(100, 2))
    small = start_small(from_arrays(x, x[:, 0] + 0.5), 20)
    assert small.raw_spec.target.mean == pytest.approx(float(small.train.y.mean()))


@pytest.mark.parametrize("size", [0, 3, 121, 1.5, -0.1, True])
def test_wrong_sizes(size):
    with pytest.raises(ArgumentError, match="size_or_fraction"):
        start_small(splits(), size)


def test_preprocessed_data_comes_too_late():
    with pytest.raises(ArgumentError, match=r"not preprocessed.*with_preprocess"):
        start_small(splits().with_preprocess(keras.layers.Normalization()), 20)


def test_any_recipe_can_start_small():
    digits = load_recipe("digits")
    assert len(digits.load(examples=100).train) == 100
    assert len(digits.load(examples=0.5).train) == pytest.approx(
        len(digits.load().train) / 2, abs=1
    )
    with pytest.raises(ArgumentError, match=r"`examples`.*examples='many'"):
        digits.load(examples="many")
