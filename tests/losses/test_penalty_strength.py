"""A λ in other forms, against the closed solution, scikit-learn and one step of Keras."""

import keras
import numpy as np
import pytest
from sklearn.linear_model import Ridge

import dlrecipes as dlr
from dlrecipes.errors import ArgumentError

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(50, 3))
Y = X @ [1.0, -2.0, 0.5] + GENERATOR.normal(scale=0.1, size=50)


def solve(l2):
    """Return where the mean squared error and `l2 * sum(w²)` are least."""
    return np.linalg.solve(X.T @ X / len(X) + l2 * np.eye(3), X.T @ Y / len(X))


def test_the_summed_loss_is_scikit_learns_ridge():
    l2 = dlr.losses.penalty_strength(5.0, "summed loss", examples=len(X))
    found = Ridge(5.0, fit_intercept=False).fit(X, Y).coef_
    np.testing.assert_allclose(solve(l2), found, rtol=1e-6)


@pytest.mark.parametrize(
    ("form", "penalty"),
    [
        ("plain", lambda w, m: 0.3 * np.sum(w**2)),
        ("half", lambda w, m: 0.3 / 2 * np.sum(w**2)),
        ("over examples", lambda w, m: 0.3 / (2 * m) * np.sum(w**2)),
        ("summed loss", lambda w, m: 0.3 * np.sum(w**2) / m),
    ],
)
def test_keras_adds_what_the_formula_says(form, penalty):
    l2 = dlr.losses.penalty_strength(0.3, form, examples=len(X))
    w = np.array([1.0, -2.0, 3.0], "float32")
    added = keras.ops.convert_to_numpy(keras.regularizers.L2(l2)(w))
    np.testing.assert_allclose(added, penalty(w, len(X)), rtol=1e-6)


def test_a_step_shrinks_weights_as_the_lecture_says():
    """w (1 - αλ/m) - α gradient, S4."""
    rate, strength, m = 0.1, 2.0, len(X)
    l2 = dlr.losses.penalty_strength(strength, "over examples", examples=m)
    layer = keras.layers.Dense(1, use_bias=False, kernel_regularizer=keras.regularizers.L2(l2))
    model = keras.Sequential([keras.Input((3,)), layer])
    model.compile(keras.optimizers.SGD(rate), "mse")
    w = layer.get_weights()[0]
    gradient = 2 * X.T @ (X @ w - Y[:, None]) / m
    model.train_on_batch(X, Y)
    expected = w * (1 - rate * strength / m) - rate * gradient
    np.testing.assert_allclose(layer.get_weights()[0], expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("change", [{"strength": -1}, {"form": "l2"}, {"examples": 0}])
def test_mistakes(change):
    given = {"strength": 1.0, "form": "plain", "examples": 10}
    with pytest.raises(ArgumentError, match=next(iter(change))):
        dlr.losses.penalty_strength(**(given | change))
