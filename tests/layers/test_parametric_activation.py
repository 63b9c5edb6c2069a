import json

import keras
import numpy as np
import pytest

from dlrecipes.errors import ArgumentError
from dlrecipes.layers import ParametricActivation, absolute

SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772
FUNCTIONS = {
    "selu": lambda x: SELU_SCALE * np.where(x > 0, x, SELU_ALPHA * np.expm1(x)),
    "mish": lambda x: x * np.tanh(np.log1p(np.exp(x))),
    "relu": lambda x: np.maximum(x, 0),
    "abs": np.abs,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_equals_the_formula(name):
    generator = np.random.default_rng(0)
    x, alpha = 3 * generator.normal(size=(50, 4)), np.array([1.0, 0.0, 0.3, -2.0])
    layer = ParametricActivation(name, dtype="float64")
    layer.build(x.shape)
    # Keras' constants of SELU have nine digits.
    np.testing.assert_allclose(layer(x), FUNCTIONS[name](x), rtol=1e-8, atol=1e-12)
    layer.alpha.assign(alpha)
    expected = x + alpha * (FUNCTIONS[name](x) - x)
    np.testing.assert_allclose(layer(x), expected, rtol=1e-8, atol=1e-8)


def test_starts_as_the_activation_to_the_last_digit():
    x = np.array([[-1e6, -100.0, -1e-3, 7.0]], "float32")
    layer = ParametricActivation("selu")
    np.testing.assert_array_equal(layer(x), keras.activations.selu(x))
    bfloat16 = ParametricActivation("selu", dtype="mixed_bfloat16")(x)
    assert float(bfloat16[0, 0]) == pytest.approx(-SELU_SCALE * SELU_ALPHA, rel=2**-8)


@pytest.mark.parametrize("function", [keras.activations.hard_sigmoid, absolute])
def test_a_function(function):
    layer = ParametricActivation(function)
    x = np.array([[-0.5, 1.0]], "float32")
    np.testing.assert_array_equal(layer(x), function(x))
    config = json.loads(json.dumps(keras.layers.serialize(layer)))
    copy = keras.layers.deserialize(config)
    np.testing.assert_array_equal(copy(x), layer(x))


@pytest.mark.parametrize("activation", ["sleu", None, keras.layers.ReLU])
def test_wrong_activation(activation):
    with pytest.raises(ArgumentError, match="`activation` must be one of"):
        ParametricActivation(activation)
