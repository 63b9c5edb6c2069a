"""Spread of activations and gradients by layer, against NumPy."""

import keras
import numpy as np
import pytest

import dlrecipes as dlr
from dlrecipes.errors import ArgumentError

X = np.random.default_rng(0).normal(size=(60, 5)).astype("float32")
Y = X[:, :1] - X[:, 1:2]


def network():
    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential([keras.Input((5,)), layers.Dense(4, "tanh"), layers.Dense(1)])
    model.compile("adam", "mse")
    return model


def test_as_by_hand():
    model = network()
    w, b, v, c = model.get_weights()
    hidden = np.tanh(X @ w + b)
    error = 2 * (hidden @ v + c - Y) / len(X)
    spread = dlr.diagnose.activation_spread(model, X)
    np.testing.assert_allclose(list(spread.values())[0], hidden.std(), rtol=1e-5)
    back = error @ v.T * (1 - hidden**2)
    expected = [X.T @ back, back.sum(0), hidden.T @ error, error.sum(0)]
    norms = dlr.diagnose.gradient_norms(model, X, Y)
    found = list(norms.values())
    np.testing.assert_allclose(found, [np.sqrt((one**2).mean()) for one in expected], rtol=1e-4)
    for before, after in zip((w, b, v, c), model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    assert type(model.optimizer).__name__ == "Adam"


def test_several_inputs_and_weights_apart_from_the_loss():
    one, other = keras.Input((5,), name="one"), keras.Input((5,), name="other")
    unused = keras.layers.Dense(2, name="unused")(other)
    out = keras.layers.Dense(1, name="out")(one)
    model = keras.Model({"one": one, "other": other}, [out, unused])
    model.compile("sgd", loss=["mse", None])
    norms = dlr.diagnose.gradient_norms(model, {"one": X, "other": X}, [Y, Y])
    assert norms["unused/kernel"] == 0 < norms["out/kernel"]
    spread = dlr.diagnose.activation_spread(model, {"one": X, "other": X})
    assert set(spread) == {"unused", "out"}


def test_what_cannot_be_looked_at():
    class Own(keras.Model):
        def call(self, x):
            return x

    with pytest.raises(ArgumentError, match="functional"):
        dlr.diagnose.activation_spread(Own(), X)
    with pytest.raises(ArgumentError, match="compiled"):
        dlr.diagnose.gradient_norms(keras.Sequential([keras.Input((5,))]), X, Y)


def test_gradient_by_lag_against_the_recursion():
    """Of a linear recurrent cell: u to the power of the lag."""
    cell = keras.layers.SimpleRNN(1, activation="linear", use_bias=False)
    model = keras.Sequential([keras.Input((5, 1)), cell])
    model.compile("sgd", "mae")
    model.set_weights([np.array([[2.0]]), np.array([[0.5]])])
    found = dlr.diagnose.gradient_by_lag(model, np.ones((4, 5, 1)), np.full((4, 1), -9.0))
    np.testing.assert_allclose(found, 2 * 0.5 ** np.arange(5) / 4, rtol=1e-5)
    with pytest.raises(ArgumentError, match=r"`x` must be \(batch, steps, features\)"):
        dlr.diagnose.gradient_by_lag(model, np.ones((4, 5)), np.zeros(4))
