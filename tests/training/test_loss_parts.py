"""The loss, apart from penalties and weights."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from dlrecipes.data import from_arrays
from dlrecipes.training.loss_parts import take_loss_apart


def _network(loss="mse", **compiled):
    x = keras.Input((3,))
    hidden = keras.layers.Dense(4, kernel_regularizer=keras.regularizers.L2(0.1))(x)
    outputs = keras.layers.Dense(1, dtype="float32")(keras.layers.Dropout(0.5)(hidden))
    network = keras.Model(x, outputs)
    network.compile("adam", loss, **compiled)
    return network


@pytest.fixture
def data():
    generator = np.random.default_rng(0)
    return from_arrays(generator.normal(size=(60, 3)), generator.normal(size=60)).development()


def test_penalty_and_weights_are_apart(data):
    network, part = _network(), data.train
    parts = take_loss_apart(network, part, data.model_spec)
    predicted = network.predict(part.array, verbose=0)[:, 0]
    kernel = network.layers[1].get_weights()[0]
    assert parts.data == pytest.approx(np.mean((predicted - part.y) ** 2), rel=1e-5)
    assert parts.penalty == pytest.approx(0.1 * np.sum(kernel**2), rel=1e-5)
    assert parts.weighted == parts.data
    weights = np.linspace(0, 2, len(part)).astype(np.float32)
    weighed = take_loss_apart(network, replace(part, sample_weight=weights), data.model_spec)
    assert weighed.data == pytest.approx(parts.data)
    assert weighed.weighted == pytest.approx(np.mean(weights * (predicted - part.y) ** 2), rel=1e-5)
    told = network.evaluate(part.array, part.y, sample_weight=weights, batch_size=64, verbose=0)
    assert weighed.total == pytest.approx(told, rel=1e-5)


def test_a_loss_that_cannot_be_computed_so_is_none(data):
    def broken(y, predicted):
        raise ValueError("not without a graph")

    assert take_loss_apart(_network(broken), data.train, data.model_spec) is None
    assert take_loss_apart(_network(lambda y, p: p * np.nan), data.train, data.model_spec) is None
