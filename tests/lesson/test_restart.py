"""A network that starts again is as good as a new one."""

import keras
import numpy as np
import pytest

import dlrecipes as dlr
from dlrecipes.errors import ArgumentError


def build():
    model = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(4, "relu"),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(1),
        ]
    )
    model.compile(keras.optimizers.Adam(0.01), "mse", jit_compile=False)
    return model


def test_it_trains_as_a_new_one_does():
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(32, 3)), generator.normal(size=(32, 1))
    used, new = build(), build()
    used.fit(x, y, batch_size=8, epochs=2, verbose=0)
    weights = []
    for model in (used, new):
        dlr.lesson.start_again(model, seed=1)
        model.fit(x, y, batch_size=8, epochs=2, verbose=0)
        weights.append(model.get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)
    assert float(used.optimizer.learning_rate) == pytest.approx(0.01)
    dlr.lesson.start_again(used, seed=2)
    assert not np.array_equal(used.get_weights()[0], weights[0][0])


def test_mistakes():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4)])
    with pytest.raises(ArgumentError, match="Only a compiled network"):
        dlr.lesson.start_again(model, seed=1)
