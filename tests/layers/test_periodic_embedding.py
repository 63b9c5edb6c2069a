import keras
import numpy as np
import pytest

from dlrecipes.errors import ArgumentError
from dlrecipes.layers import PeriodicEmbedding


def test_equals_the_formula():
    generator = np.random.default_rng(0)
    x = 2 * generator.normal(size=(20, 3))
    layer = PeriodicEmbedding(5, 4, dtype="float64")
    layer.build(x.shape)
    values = [generator.normal(size=weight.shape) for weight in layer.weights]
    layer.set_weights(values)
    frequencies, kernel, bias = values
    expected = np.empty((20, 3, 5))
    for column in range(3):
        turns = 2 * np.pi * np.outer(x[:, column], frequencies[column])
        waves = np.concatenate([np.cos(turns), np.sin(turns)], axis=1)
        expected[:, column] = np.maximum(waves @ kernel[column] + bias[column], 0)
    np.testing.assert_allclose(layer(x), expected.reshape(20, 15), rtol=1e-9, atol=1e-12)


def test_start():
    keras.utils.set_random_seed(0)
    layer = PeriodicEmbedding(10, 50)
    layer.build((None, 40))
    frequencies, kernel, bias = layer.get_weights()
    # Cut off at two standard deviations, which takes an eighth off.
    assert np.std(frequencies) == pytest.approx(0.0088, rel=0.05)
    assert np.abs(frequencies).max() <= 0.02
    for weight in (kernel, bias):
        assert np.abs(weight).max() <= 0.1
        assert np.std(weight) == pytest.approx(0.1 / np.sqrt(3), rel=0.1)
    # ---- each column has its own
    assert all(len(np.unique(weight)) > 0.98 * weight.size for weight in (frequencies, bias))
    wide = PeriodicEmbedding(4, 50, keras.initializers.TruncatedNormal(stddev=7.0))
    wide.build((None, 40))
    assert np.std(wide.frequencies) == pytest.approx(7 * 0.88, rel=0.05)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"size": 0}, "`size` must be an integer, at least 1"),
        ({"n_frequencies": 0}, "`n_frequencies` must be an integer, at least 1"),
        ({"n_frequencies": 1.0}, "`n_frequencies` must be an integer"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        PeriodicEmbedding(**arguments)
