import keras
import numpy as np
import pytest

from dlrecipes.errors import ArgumentError
from dlrecipes.layers import PeriodicBiasEmbedding


def test_equals_the_formula():
    generator = np.random.default_rng(0)
    x = 2 * generator.normal(size=(20, 3))
    layer = PeriodicBiasEmbedding(5, 6, dtype="float64")
    layer.build(x.shape)
    values = [generator.normal(size=weight.shape) for weight in layer.weights]
    layer.set_weights(values)
    frequencies, phases, kernel, bias = values
    expected = np.empty((20, 3, 5))
    for column in range(3):
        number = x[:, [column]]
        waves = np.cos(2 * np.pi * number * frequencies[column] + phases[column])
        expected[:, column] = np.hstack([number, waves @ kernel[column] + bias[column]])
    np.testing.assert_allclose(layer(x), expected.reshape(20, 15), rtol=1e-9, atol=1e-12)


def test_start():
    keras.utils.set_random_seed(0)
    layer = PeriodicBiasEmbedding(6, 25)
    layer.build((None, 60))
    frequencies, phases, kernel, bias = layer.get_weights()
    assert np.std(frequencies) == pytest.approx(0.1, rel=0.05)
    assert np.std(phases) == pytest.approx(np.pi / np.sqrt(3), rel=0.05)
    assert np.abs(phases).max() <= np.pi
    for weight in (kernel, bias):
        assert np.abs(weight).max() <= 0.2
        assert np.std(weight) == pytest.approx(0.2 / np.sqrt(3), rel=0.1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"size": 1}, "`size` must be an integer, at least 2"),
        ({"n_frequencies": 0}, "`n_frequencies` must be an integer, at least 1"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        PeriodicBiasEmbedding(**arguments)
