"""The sums of convolution, against SciPy, Keras and the lecture's worked numbers."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import signal

import dlrecipes as dlr
from dlrecipes.errors import ArgumentError

lesson = dlr.lesson
SIZES = st.integers(1, 7)


@given(n=SIZES, m=SIZES, seed=st.integers(0, 99))
def test_sequences_as_in_scipy(n, m, seed):
    h, x = (np.random.default_rng(seed).normal(size=size) for size in (n, m))
    np.testing.assert_allclose(lesson.convolve(h, x), np.convolve(h, x), atol=1e-12)


def test_the_lectures_first_outputs():
    h, x = np.array([2.0, 3, 5, 7]), np.array([11.0, 13, 17, 19])
    expected = [
        h[0] * x[0],
        h[1] * x[0] + h[0] * x[1],
        h[2] * x[0] + h[1] * x[1] + h[0] * x[2],
        h[3] * x[0] + h[2] * x[1] + h[1] * x[2] + h[0] * x[3],
    ]
    assert lesson.convolve(h, x)[:4].tolist() == expected


@given(size=st.sampled_from([3, 5, 7]), kernel=st.sampled_from([1, 3]), seed=st.integers(0, 99))
@settings(max_examples=20)
def test_images_as_in_scipy(size, kernel, seed):
    generator = np.random.default_rng(seed)
    x, k = generator.normal(size=(size, size)), generator.normal(size=(kernel, kernel))
    expected = signal.convolve2d(x, k, mode="same")
    for centred in ("kernel", "image"):
        found = lesson.convolve_images(x, k, centred=centred)
        np.testing.assert_allclose(found, expected, atol=1e-12)
    correlated = signal.correlate2d(x, k, mode="valid")
    np.testing.assert_allclose(lesson.correlate_images(x, k), correlated, atol=1e-12)
    matrix = lesson.convolution_matrix(k, x.shape)
    np.testing.assert_allclose(matrix @ x.ravel(), correlated.ravel(), atol=1e-12)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("size", "kernel", "stride"), [(8, 3, 1), (8, 3, 2), (9, 4, 3), (5, 5, 2)])
def test_sizes_and_strides_as_in_keras(size, kernel, stride, padding):
    layer = keras.layers.Conv2D(1, kernel, strides=stride, padding=padding, use_bias=False)
    x = np.random.default_rng(0).normal(size=(1, size, size, 1)).astype("float32")
    y = keras.ops.convert_to_numpy(layer(x))[0, :, :, 0]
    places = lesson.output_size(size, kernel, stride=stride, padding=padding)
    assert y.shape == (places, places)
    if padding == "valid":
        weights = layer.get_weights()[0][:, :, 0, 0]
        found = lesson.correlate_images(x[0, :, :, 0], weights, stride=stride)
        np.testing.assert_allclose(found, y, atol=1e-5)


def test_the_receptive_field_is_where_an_impulse_is_seen():
    layers = [(3, 1), (2, 2), (3, 1), (3, 2), (3, 1)]
    model = keras.Sequential([keras.Input((64, 1))])
    for kernel, stride in layers:
        ones = keras.initializers.Ones()
        model.add(keras.layers.Conv1D(1, kernel, strides=stride, kernel_initializer=ones))
    outputs = model.predict(np.eye(64)[:, :, None], verbose=0)
    assert lesson.receptive_field(layers) == (outputs[:, 1, 0] != 0).sum()


@pytest.mark.parametrize("channels", [1, 3])
def test_parameters_as_in_keras(channels):
    found = lesson.weights_of_designs((8, 6), (3, 2), units=5, features=4, channels=channels)
    conv, dense = keras.layers.Conv2D(4, (3, 2)), keras.layers.Dense(5)
    conv.build((None, 8, 6, channels))
    dense.build((None, 8 * 6 * channels))
    assert (found["convolution"], found["dense"]) == (conv.count_params(), dense.count_params())
    assert found["local"] == 5 * found["one shared kernel"] == 5 * (6 * channels + 1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: lesson.convolve([], [1]), "`h` must be an array of 1 axis"),
        (lambda: lesson.convolve("ab", [1]), "`h` must be an array of 1 axis"),
        (lambda: lesson.convolve_images([[1.0]], [[1, 2]]), "Only an odd size has a centre"),
        (lambda: lesson.correlate_images([[1.0]], [[1, 2]]), "must fit into its image"),
        (lambda: lesson.output_size(0, 3), "`size`"),
        (lambda: lesson.receptive_field([(3, 0)]), "stride"),
    ],
)
def test_mistakes(call, message):
    with pytest.raises(ArgumentError, match=message):
        call()
