import keras
import numpy as np
import pytest

from dlrecipes.errors import ArgumentError
from dlrecipes.layers import NTKDense


@pytest.mark.parametrize("use_bias", [False, True])
def test_equals_the_formula(use_bias):
    generator = np.random.default_rng(0)
    x = generator.normal(size=(5, 9))
    layer = NTKDense(4, use_bias, bias_initializer="ones", dtype="float64")
    layer.build(x.shape)
    kernel = generator.normal(size=(9, 4))
    layer.kernel.assign(kernel)
    np.testing.assert_allclose(layer(x), x @ kernel / 3 + use_bias, rtol=1e-13)
    assert len(layer.weights) == 1 + use_bias


def test_outputs_start_as_large_as_inputs_whatever_the_width():
    keras.utils.set_random_seed(0)
    x = np.random.default_rng(0).normal(size=(400, 1))
    for width in (4, 1000):
        layer = NTKDense(2000)
        wide = np.repeat(x, width, axis=1).astype("float32")
        assert np.std(layer(wide)) == pytest.approx(np.std(x), rel=0.1)
        assert np.std(layer.kernel) == pytest.approx(1, rel=0.05)
        assert not np.any(layer.bias)


def test_penalties_are_those_of_the_weights():
    layer = NTKDense(
        2,
        kernel_initializer="ones",
        bias_initializer="ones",
        kernel_regularizer="l2",
        bias_regularizer=keras.regularizers.L1(0.5),
    )
    layer(np.zeros((1, 4)))
    assert sum(map(float, layer.losses)) == pytest.approx(0.01 * 8 + 0.5 * 2)


def test_no_overflow_in_half_precision():
    layer = NTKDense(1, kernel_initializer="ones", dtype="mixed_float16")
    assert float(layer(np.full((1, 256), 512.0))[0, 0]) == 16 * 512


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"units": 0}, "`units` must be an integer, at least 1"),
        ({"units": 2.0}, "`units` must be an integer"),
        ({"units": 2, "use_bias": "no"}, "`use_bias` must be True or False"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        NTKDense(**arguments)
