"""Fewer training examples: which, and what of the rest stays."""

import keras
import keras_tuner
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from dlrecipes.data import climb_ladder, from_arrays, start_small
from dlrecipes.errors import ArgumentError
from dlrecipes.recipe import load_recipe
from dlrecipes.recipe.recipe import _some_classes
from dlrecipes.targets import shaped_targets


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


@pytest.mark.parametrize(("classes", "names"), [(2, ("a", "c")), (["c", "b"], ("b", "c"))])
def test_fewer_classes_in_every_part(classes, names, tmp_path):
    x = np.random.default_rng(0).normal(size=(240, 3))
    y = np.array(list("aaabcc") * 40)
    whole = from_arrays(x, y)
    small = start_small(whole, classes=classes)
    assert small.raw_spec.target.class_names == names
    assert small.raw_spec.outputs == 1
    was = dict(zip("abc", range(3), strict=True))
    kept = np.isin(whole.train.y, [was[name] for name in names])
    assert len(small.train) == small.raw_spec.train_size == kept.sum()
    assert set(small.train.ids) == set(whole.train.ids[kept])
    labels = np.array(names)
    for part, before in ((small.train, whole.train), (small.validation, whole.validation)):
        own = dict(zip(before.ids, before.y, strict=True))
        assert [was[name] for name in labels[part.y]] == [own[row] for row in part.ids]
    assert sum(small.raw_spec.target.priors) == pytest.approx(1.0)
    # ---- the test part is the whole's, and what opens it has opened that
    assert small.test.fingerprint == whole.test.fingerprint
    opened = small.test.open("first debugging", ledger=tmp_path / "ledger.jsonl")
    assert set(labels[opened.y]) == set(names)
    assert len(opened) == len(small.test) < len(whole.test)
    # ---- and of those classes, fewer examples
    assert len(start_small(whole, 10, classes=classes).train) == 10


@pytest.mark.parametrize("classes", [1, 5, True, ["0"], ["0", "nine"], "01"])
def test_wrong_classes(classes):
    with pytest.raises(ArgumentError, match="`classes` must be"):
        start_small(splits(), classes=classes)
    values = from_arrays(np.ones((50, 2)), np.arange(50) + 0.5)
    with pytest.raises(ArgumentError, match="Only data with one target, a class"):
        start_small(values, classes=2)


def test_one_hot_labels_of_fewer_classes():
    y = np.eye(4)[np.arange(200) % 4]
    small = start_small(from_arrays(np.ones((200, 3)), y), classes=3)
    assert small.raw_spec.target.form.shape == (3,)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3, activation="softmax")])
    model.compile("sgd", "categorical_crossentropy")
    rows = shaped_targets(small.train.y, small.raw_spec)
    assert rows.shape == (len(small.train), 3)
    assert model.evaluate(small.train.x, rows, verbose=0) > 0


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
    # ---- the network has outputs for the classes that are left
    two = digits.load(classes=2, examples=50)
    assert (len(two.train), two.raw_spec.task) == (50, "binary")
    assert digits.builder(two)(keras_tuner.HyperParameters()).output_shape == (None, 1)
    assert digits.load(classes=["3", "8", "9"]).raw_spec.outputs == 3
    # ---- a `load` with `classes` of its own keeps them; a single number is no list of names
    images = load_recipe("images")
    assert images.options["classes"].group == ""
    assert _some_classes(["2"], own=True) == _some_classes(2, own=True) == 2
    assert _some_classes(["cat", "dog"], own=True) is None
