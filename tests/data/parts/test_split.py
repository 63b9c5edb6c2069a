from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from dlrecipes.data import (
    Split,
    Splits,
    balance_classes,
    draw_folds,
    from_arrays,
    from_dataset,
    reweigh_groups,
    weigh_classes,
)
from dlrecipes.errors import DataError


def test_length_and_repr():
    split = Split(np.zeros((4, 2)), np.zeros(4))
    assert len(split) == 4
    assert repr(split) == "Split(4 examples, x: (2,) float64)"


def test_views_are_copied_and_owned_arrays_are_not():
    whole = np.arange(20.0).reshape(10, 2).copy()
    owned = np.zeros(3)
    split = Split(whole[:3], owned)
    assert split.x.base is None
    assert split.y is owned


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": np.zeros((3, 2)), "y": np.zeros(4)}, "same length.*x: 3 rows, y: 4 rows"),
        ({"x": np.zeros((3, 2)), "y": np.zeros(3), "ids": np.zeros(2)}, "ids: 2 rows"),
        ({"x": np.zeros((0, 2)), "y": np.zeros(0)}, "at least one example"),
        ({"x": {"a": np.zeros((3, 2))}, "y": np.zeros(3)}, r"one value an example.*a of shape"),
        ({"x": np.zeros((3, 2)), "y": np.float64(1)}, "`y` must be an array with one row"),
    ],
)
def test_malformed(arguments, message):
    with pytest.raises(DataError, match=message):
        Split(**arguments)


def test_pick_and_join_keep_rows_together():
    first = Split(
        {"age": [1.0, 2.0, 3.0], "town": ["a", "b", "c"]},
        [0, 1, 0],
        ids=["p", "q", "r"],
        groups=["g", "h", "g"],
        subgroups={"sex": ["f", "m", "f"]},
    )
    second = Split({"age": [4.0], "town": ["d"]}, [1], ids=["s"], subgroups={"sex": ["m"]})
    picked = first.pick(np.array([2, 0, 2]))
    assert picked.ids.tolist() == ["r", "p", "r"]
    assert picked.x["town"].tolist() == ["c", "a", "c"]
    assert picked.subgroups["sex"].tolist() == ["f", "f", "f"]
    assert picked.time is None
    both = first.joined(second)
    assert both.x["age"].tolist() == [1.0, 2.0, 3.0, 4.0]
    assert both.y.tolist() == [0, 1, 0, 1]
    assert both.subgroups["sex"].tolist() == ["f", "m", "f", "m"]
    assert both.groups is None  # the second part has none


X = np.random.default_rng(0).normal(size=(60, 3)).astype("float32")
Y = np.arange(60) % 2


@pytest.fixture(scope="module")
def splits():
    return from_arrays(X, Y)


@pytest.mark.parametrize("wrong", [-1.0, np.nan, np.inf, 1e39])
def test_no_weight(wrong):
    weights = np.ones(60)
    weights[[7, 9]] = wrong
    with pytest.raises(
        DataError, match=r"finite float32 numbers, at least 0.* row 7, and 2 such of"
    ):
        Split(X, Y, weights)


@pytest.mark.parametrize("weights", [np.ones((60, 1)), np.array(["1"] * 60), [None] * 60])
def test_no_numbers(weights):
    with pytest.raises(DataError, match="`sample_weight` must be one number an example"):
        Split(X, Y, weights)


@pytest.mark.parametrize(("part", "name"), [("train", "training"), ("validation", "validation")])
def test_nothing_counts(splits, part, name):
    split = getattr(splits, part)
    nothing = replace(split, sample_weight=np.zeros(len(split)))
    with pytest.raises(DataError, match=rf"Some example of the {name} part .* above 0.*zeros"):
        replace(splits, **{part: nothing})
    with pytest.raises(DataError, match=f"the {name} part"):
        Splits(**{"train": splits.train, "validation": splits.validation, "test": splits.test,
                  "raw_spec": splits.raw_spec, part: nothing})  # fmt: skip
    # ---- neither does what is nothing in float32
    with pytest.raises(DataError, match=f"the {name} part"):
        replace(splits, **{part: replace(split, sample_weight=np.full(len(split), 1e-60))})


def test_a_data_set_whose_validation_examples_do_not_count():
    train = tf.data.Dataset.from_tensor_slices((X, Y, np.ones(60))).batch(8)
    validation = tf.data.Dataset.from_tensor_slices((X + 1, Y, np.zeros(60))).batch(8)
    with pytest.raises(DataError, match="Some example of the validation part"):
        from_dataset(train, validation)


def test_a_class_that_does_not_count(splits):
    """It is legal: it is not trained, and whoever weighs classes is told that one has none."""
    some = replace(
        splits,
        train=replace(splits.train, sample_weight=splits.train.y.astype("float32")),
        validation=replace(splits.validation, sample_weight=splits.validation.y.astype("float32")),
    )
    with pytest.raises(DataError, match="Every class must occur in the training part"):
        weigh_classes(some)
    assert weigh_classes(some, {"1": 3.0}).train.sample_weight.max() > 0
    assert balance_classes(some).train.sample_weight.any()


def test_a_group_keeps_what_counts(splits):
    def sided(part):
        return replace(part, subgroups={"side": np.where(part.x[:, 0] > 0, "left", "right")})

    train, validation = sided(splits.train), sided(splits.validation)
    single = replace(train, sample_weight=np.eye(1, len(train))[0])
    weighted = reweigh_groups(replace(splits, train=single, validation=validation), "side")
    assert weighted.train.sample_weight.astype(bool).sum() == 1


def test_a_fold_without_weights(splits):
    """One example counts: it is held out in one fold only."""
    single = replace(splits.train, sample_weight=np.eye(1, len(splits.train))[0])
    nothing = np.full(len(splits.validation), 0.0)
    nothing[0] = 1.0
    weighted = replace(
        splits, train=single, validation=replace(splits.validation, sample_weight=nothing)
    )
    with pytest.raises(DataError, match=r"Some example of the (training|held-out) part"):
        draw_folds(weighted, 4)
