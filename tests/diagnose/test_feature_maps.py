"""What units look for, against weights that are known and against scikit-learn."""

import keras
import numpy as np
import pytest
from sklearn.feature_selection import f_classif

from dlrecipes.diagnose import class_share, layer_outputs, tile_images, unit_images
from dlrecipes.errors import ArgumentError


def images(count=6, channels=1):
    return np.random.default_rng(0).normal(size=(count, 4, 5, channels)).astype("float32")


@pytest.fixture(scope="module")
def network():
    return keras.Sequential(
        [
            keras.Input((4, 5, 1)),
            keras.layers.Conv2D(3, 2, name="convolution"),
            keras.layers.Flatten(name="flat"),
            keras.layers.Dense(2, name="last"),
        ]
    )


def dense_network():
    return keras.Sequential(
        [keras.Input((4, 5, 1)), keras.layers.Flatten(), keras.layers.Dense(7, name="first")]
    )


def test_weights_are_those_of_the_layer(network):
    kernel = network.get_layer("convolution").get_weights()[0]
    seen = unit_images(network, images(), "convolution", view="weights")
    np.testing.assert_allclose(seen, np.moveaxis(kernel[:, :, 0], -1, 0))
    dense = dense_network()
    seen = unit_images(dense, images(), "first", view="weights")
    np.testing.assert_allclose(seen[3].ravel(), dense.get_layer("first").get_weights()[0][:, 3])


def test_maps_are_what_the_layer_puts_out(network):
    x = images()
    expected = np.asarray(network.get_layer("convolution")(x[:1]))[0]
    for layer in ("convolution", 0, -3):
        maps = unit_images(network, x, layer, view="maps")
        np.testing.assert_allclose(maps, np.moveaxis(expected, -1, 0), atol=1e-5)


def test_a_linear_unit_answers_to_its_weights():
    x, dense = images(20_000), dense_network()  # of independent pixels with variance 1
    kernel = dense.get_layer("first").get_weights()[0]
    answers = unit_images(dense, x, "first")
    np.testing.assert_allclose(answers.reshape(7, 20).T, kernel, atol=0.06)


def test_answers_of_any_layer_are_covariances(network):
    x = images(50)
    outputs = layer_outputs(network, x, "convolution").mean(axis=(1, 2))
    expected = np.cov(outputs[:, 1], x[:, 2, 3, 0], bias=True)[0, 1]
    assert unit_images(network, x, "convolution")[1, 2, 3] == pytest.approx(expected, abs=1e-5)
    assert unit_images(network, x, "last").shape == (2, 4, 5)


def test_shares_as_in_an_analysis_of_variance():
    generator = np.random.default_rng(0)
    y = generator.integers(0, 4, 90)
    outputs = generator.normal(size=(90, 2, 3)) + y[:, None, None] * np.linspace(0, 1, 6).reshape(
        2, 3
    )
    share = class_share(outputs, y)
    f, _ = f_classif(outputs.reshape(90, -1), y)
    np.testing.assert_allclose(share / (1 - share) * (90 - 4) / (4 - 1), f, rtol=1e-6)
    assert class_share(np.ones((90, 1)), y).tolist() == [0]


def test_tiles():
    tiles = tile_images(np.arange(1.0, 4.0)[:, None, None] * np.ones((3, 2, 2)), gap=1)
    assert tiles.shape == (5, 5)
    assert np.isnan(tiles).sum() == 9 + 4  # the gaps, and the place of a fourth image
    assert set(tiles[~np.isnan(tiles)]) == {1}  # each on a scale of its own


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda model: unit_images(model, images(), "lost"), "There are 3: convolution"),
        (lambda model: unit_images(model, images(), 3), "layer=3"),
        (lambda model: unit_images(model, images(), "flat", view="weights"), "without a kernel"),
        (lambda model: unit_images(model, images(), "last", view="weights"), "right behind"),
        (lambda model: unit_images(model, images(), "last", view="maps"), "has maps"),
        (lambda model: unit_images(model, images()[0, 0], "last"), "must be images"),
        (lambda model: unit_images(model, images(), "last", view="map"), "`view`"),
        (lambda model: tile_images(np.ones((2, 2))), "must be `"),
        (lambda model: class_share(np.ones((2, 2)), [0]), "a class for each"),
    ],
)
def test_mistakes(network, call, message):
    with pytest.raises(ArgumentError, match=message):
        call(network)


def test_a_network_of_its_own_kind():
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.hidden = keras.layers.Dense(2, name="hidden")

        def call(self, x):
            return self.hidden(x)

    with pytest.raises(ArgumentError, match="functional and sequential"):
        layer_outputs(Own(), np.ones((1, 3)), "hidden")
