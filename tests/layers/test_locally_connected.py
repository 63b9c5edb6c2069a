"""A locally connected layer, against a plain loop and against a convolution."""

import keras
import numpy as np
import pytest

from dlrecipes.errors import ArgumentError
from dlrecipes.layers import LocallyConnected2D


def images(shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


@pytest.mark.parametrize("use_bias", [True, False])
def test_contract(check_layer, use_bias):
    def make():
        return LocallyConnected2D(
            3,
            2,
            strides=2,
            activation="relu",
            use_bias=use_bias,
            kernel_regularizer=keras.regularizers.L2(1e-3),
        )

    check_layer(make, (2, 5, 6, 4))


@pytest.mark.parametrize("strides", [1, 2])
def test_as_in_a_plain_loop(strides):
    x = images((2, 5, 6, 3))
    layer = LocallyConnected2D(4, 2, strides=strides, activation="tanh")
    outputs = np.asarray(layer(x))
    weights = [np.random.default_rng(1).normal(size=w.shape) for w in layer.get_weights()]
    layer.set_weights(weights)
    outputs = np.asarray(layer(x))
    _, rows, columns, filters = outputs.shape
    kernel = weights[0].reshape(2, 2, 3, rows, columns, filters)
    expected = np.zeros_like(outputs)
    for r in range(rows):
        for c in range(columns):
            window = x[:, r * strides : r * strides + 2, c * strides : c * strides + 2]
            summed = np.tensordot(window, kernel[:, :, :, r, c], axes=3) + weights[1][r, c]
            expected[:, r, c] = np.tanh(summed)
    np.testing.assert_allclose(outputs, expected, atol=1e-5)


def test_with_equal_kernels_it_is_a_convolution():
    x = images((2, 8, 8, 2))
    convolution = keras.layers.Conv2D(5, 3, use_bias=False)
    expected = np.asarray(convolution(x))
    layer = LocallyConnected2D(5, 3, use_bias=False)
    layer.build(x.shape)
    shared = convolution.get_weights()[0].reshape(18, 1, 5)
    layer.set_weights([np.broadcast_to(shared, (18, 36, 5)).reshape(18, -1)])
    np.testing.assert_allclose(np.asarray(layer(x)), expected, atol=1e-5)


def test_the_signal_keeps_its_size():
    keras.utils.set_random_seed(0)
    x = images((200, 10, 10, 4))
    assert np.asarray(LocallyConnected2D(8, 3)(x)).std() == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: LocallyConnected2D(0, 3), "`filters`"),
        (lambda: LocallyConnected2D(1, 3, activation="relou"), "relu"),
        (lambda: LocallyConnected2D(1, 3)(images((1, 2, 8, 1))), "as large as a window"),
        (lambda: LocallyConnected2D(1, 3)(keras.Input((None, 8, 1))), "of a known size"),
    ],
)
def test_mistakes(call, message):
    with pytest.raises(ArgumentError, match=message):
        call()
