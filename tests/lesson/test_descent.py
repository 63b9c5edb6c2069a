"""Optimizers by their formulas, against Keras and the lecture's numbers."""

import keras
import numpy as np
import pytest

import dlrecipes as dlr
from dlrecipes.errors import ArgumentError

OPTIMIZERS = {
    "sgd": lambda: keras.optimizers.SGD(0.01),
    "momentum": lambda: keras.optimizers.SGD(0.01, momentum=0.9),
    "nesterov": lambda: keras.optimizers.SGD(0.01, momentum=0.9, nesterov=True),
    "adagrad": lambda: keras.optimizers.Adagrad(0.01, initial_accumulator_value=0.0),
    "rmsprop": lambda: keras.optimizers.RMSprop(0.01, rho=0.999),
    "adam": lambda: keras.optimizers.Adam(0.01),
    "adamw": lambda: keras.optimizers.AdamW(0.01, weight_decay=0.1),
}
CURVED = np.array([1.0, 30.0])


@pytest.mark.parametrize("rule", OPTIMIZERS)
def test_as_keras_goes(rule):
    start = np.array([1.0, -2.0])
    weights = keras.Variable(start)
    optimizer = OPTIMIZERS[rule]()
    optimizer.build([weights])
    for _ in range(10):
        optimizer.apply([CURVED * keras.ops.convert_to_numpy(weights)], [weights])
    penalty = 0.1 if rule == "adamw" else 0.0
    found = dlr.lesson.descend(rule, lambda w: CURVED * w, start, 10, rate=0.01, penalty=penalty)
    np.testing.assert_allclose(found.path[-1], keras.ops.convert_to_numpy(weights), rtol=1e-4)
    assert found.path.shape == (11, 2)
    assert found.rates.shape == (10, 2)


def test_the_first_step_of_adam():
    """For g = (.5, -2) at .001: .001 with the correction, .00316 without it."""
    for rule, size in (("adam", 0.001), ("adam, uncorrected", 0.1 * 0.001 / np.sqrt(0.001))):
        found = dlr.lesson.descend(rule, lambda w: [0.5, -2.0], [0.0, 0.0], 1, rate=0.001)
        np.testing.assert_allclose(found.path[1], [-size, size], rtol=1e-4)


def test_a_penalty_in_the_gradient_is_one_step_of_shrinking():
    found = dlr.lesson.descend("sgd", lambda w: CURVED, [3.0, 4.0], 1, rate=0.1, penalty=0.5)
    np.testing.assert_allclose(found.path[1], np.array([3.0, 4.0]) * (1 - 0.05) - 0.1 * CURVED)


@pytest.mark.parametrize(
    "change", [{"rule": "newton"}, {"rate": 0}, {"momentum": 1.0}, {"steps": 0}, {"penalty": -1}]
)
def test_mistakes(change):
    given = {"rule": "sgd", "gradient": lambda w: w, "start": [1.0], "steps": 1, "rate": 0.1}
    with pytest.raises(ArgumentError, match=next(iter(change))):
        dlr.lesson.descend(**(given | change))
    with pytest.raises(ArgumentError, match="shape of the place"):
        dlr.lesson.descend(**(given | {"gradient": lambda w: 1.0}))
