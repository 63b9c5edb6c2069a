import keras
import numpy as np
import pytest

import dlrecipes as dlr
from dlrecipes.errors import ArgumentError

X = np.random.default_rng(0).normal(size=(6, 3)).astype("float32")
Y = np.random.default_rng(1).normal(size=(6, 1)).astype("float32")


def test_of_a_linear_model_by_the_formula():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    w, b = model.get_weights()
    expected = 2 * (X @ w + b - Y) @ w.T / len(X)
    np.testing.assert_allclose(dlr.training.input_gradients(model, X, Y), expected, rtol=1e-5)


def test_the_model_is_left_as_it_was():
    layers = [keras.layers.BatchNormalization(), keras.layers.Dropout(0.5), keras.layers.Dense(1)]
    model = keras.Sequential([keras.Input((3,)), *layers])
    model.compile("adam", "mse")
    before, variables = model.get_weights(), [one.numpy() for one in model.variables]
    dlr.training.input_gradients(model, X, Y)
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    for one, other in zip(variables, model.variables, strict=True):
        np.testing.assert_array_equal(one, other.numpy())
    assert isinstance(model.optimizer, keras.optimizers.Adam)


def test_it_must_be_compiled():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    with pytest.raises(ArgumentError, match=r"must be compiled.*model\.compile"):
        dlr.training.input_gradients(model, X, Y)
