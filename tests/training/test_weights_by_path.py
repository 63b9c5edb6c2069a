"""Weights by path are the same in every build of a network, and go where they belong."""

import keras
import numpy as np
import pytest

from dlrecipes.errors import BuilderError
from dlrecipes.training.weights_by_path import set_weights_by_path, weights_by_path


def recurrent():
    inputs = keras.Input((6, 3))
    both = keras.layers.Bidirectional(keras.layers.LSTM(2, return_sequences=True))(inputs)
    hidden = keras.layers.GRU(3)(both)
    encoder = [keras.Input((3,)), keras.layers.Dense(2), keras.layers.BatchNormalization()]
    hidden = keras.Sequential(encoder)(hidden)
    hidden = keras.layers.Dropout(0.2)(keras.layers.Dense(1)(hidden))
    return keras.Model(inputs, keras.layers.Dense(1, name="head_4")(hidden))


class Twice(keras.layers.Layer):
    def build(self, shape):
        self.first = self.add_weight(shape=(2,), name="scale")
        self.second = self.add_weight(shape=(2,), name="scale")

    def call(self, inputs):
        return self.first * inputs + self.second


class Scaled(keras.layers.Layer):
    def build(self, shape):
        self.first, self.second = self.add_weight(shape=(2,)), self.add_weight(shape=(2,))

    def call(self, inputs):
        return self.first * inputs + self.second


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.scaled, self.head = Scaled(), keras.layers.Dense(2)

    def call(self, inputs):
        return self.head(self.scaled(inputs))


def subclassed():
    model = Subclassed()
    model(np.ones((1, 2), np.float32))
    return model


@pytest.mark.parametrize("make", [recurrent, subclassed])
def test_paths_are_those_of_a_new_process(make):
    keras.utils.clear_session(free_memory=False)
    first = make()
    paths = [variable.path for variable in first.weights]
    assert list(weights_by_path(first)) == paths
    for _ in range(2):
        later = make()
        assert [variable.path for variable in later.weights] != paths
        assert list(weights_by_path(later)) == paths
        keras.layers.Dense(3)  # so that the next build's numbers are not these plus a constant


def test_what_is_taken_from_one_build_goes_into_another():
    before, after = recurrent(), recurrent()
    set_weights_by_path(after, weights_by_path(before))
    x = np.random.default_rng(0).normal(size=(4, 6, 3)).astype("float32")
    np.testing.assert_array_equal(after(x), before(x))


def test_only_what_is_given_is_set():
    model = recurrent()
    before = weights_by_path(model)
    set_weights_by_path(model, {"head_4/bias": np.array([7.0])})
    after = weights_by_path(model)
    changed = [path for path in before if not np.array_equal(before[path], after[path])]
    assert changed == ["head_4/bias"]
    assert after["head_4/bias"] == 7.0


def test_names_of_the_users_own_are_left_alone():
    def make(*names):
        layers = [keras.layers.Dense(2, name=name) for name in names]
        return keras.Sequential([keras.Input((2,)), *layers], name="mine")

    whole = weights_by_path(make("block_1", "block_2"))
    last = make("block_2")
    set_weights_by_path(last, {"mine/block_2/kernel": whole["mine/block_2/kernel"]})
    with pytest.raises(BuilderError, match="'mine/block_1/kernel', which the network lacks"):
        set_weights_by_path(last, whole)


def test_one_error_names_all_that_is_wrong_and_sets_nothing():
    model = recurrent()
    before = weights_by_path(model)
    given = {
        "head_4/bias": np.array([7.0]),
        "head_4/kernel": np.zeros((2, 2)),
        "tail/kernel": np.zeros(1),
    }
    with pytest.raises(
        BuilderError,
        match=r"same paths, the same shapes\. Received: 'head_4/kernel' of shape \(2, 2\), not "
        r"\(1, 1\); 'tail/kernel', which the network lacks\. The network has bidirectional/",
    ):
        set_weights_by_path(model, given)
    for path, value in weights_by_path(model).items():
        np.testing.assert_array_equal(value, before[path])


def test_two_weights_of_one_path():
    model = keras.Sequential([keras.Input((2,)), Twice()])
    with pytest.raises(BuilderError, match=r"path of its own.*2 weights at '.*/scale'"):
        weights_by_path(model)
