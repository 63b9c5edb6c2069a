"""The curvature of a loss, against the closed form."""

import keras
import numpy as np
import pytest

import dlrecipes as dlr
from dlrecipes.errors import ArgumentError

X = np.random.default_rng(0).normal(size=(30, 4)).astype("float32")


def linear(units=1):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(units, use_bias=False)])
    model.compile("sgd", "mse")
    return model


def test_of_a_linear_model_it_is_that_of_the_data():
    model = linear()
    weights = model.get_weights()
    found = dlr.lesson.hessian(model, X, np.ones(30))
    np.testing.assert_allclose(found, 2 * X.T @ X / len(X), atol=1e-3)
    np.testing.assert_array_equal(weights[0], model.get_weights()[0])


def test_the_condition_number():
    values = np.array([100.0, 50.0, 4.0, 2.0])
    turned = np.linalg.qr(np.random.default_rng(0).normal(size=(4, 4)))[0]
    matrix = turned @ np.diag(values) @ turned.T
    assert dlr.lesson.condition_number(matrix, 1.0) == pytest.approx(50)
    assert dlr.lesson.condition_number(matrix, 0.5) == pytest.approx(2)
    assert dlr.lesson.condition_number(np.zeros((2, 2))) == np.inf


def test_mistakes():
    with pytest.raises(ArgumentError, match="at most 500"):
        dlr.lesson.hessian(linear(200), X, np.ones((30, 200)))
    with pytest.raises(ArgumentError, match="share"):
        dlr.lesson.condition_number(np.eye(2), 0)
