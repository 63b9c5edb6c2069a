import keras
import numpy as np
import pytest
from scipy import signal

from dlrecipes.diagnose import layer_gallery
from dlrecipes.errors import ArgumentError
from dlrecipes.models import build_mlp, build_resnet


def test_maps_are_those_of_the_layer():
    image = np.random.default_rng(0).normal(size=(9, 9, 1)).astype("float32")
    model = keras.Sequential(
        [
            keras.Input((9, 9, 1)),
            keras.layers.Conv2D(3, 3, use_bias=False, name="first"),
            keras.layers.BatchNormalization(),
            keras.layers.Conv2D(20, 3, strides=2, name="second"),
            keras.layers.Flatten(),
            keras.layers.Dense(2),
        ]
    )
    gallery = layer_gallery(model, image)
    assert list(gallery) == ["first", "second"]
    kernel = model.get_layer("first").get_weights()[0][:, :, 0, 0]
    expected = signal.correlate2d(image[:, :, 0], kernel, mode="valid")
    np.testing.assert_allclose(
        gallery["first"][:7, :7], expected / np.abs(expected).max(), atol=1e-5
    )
    assert gallery["second"].shape == (4 * 3 + 3, 4 * 3 + 3)  # 16 of 20
    assert np.isnan(gallery["first"][:, 7]).all()


def test_blocks_and_models_in_models_have_maps_and_dense_networks_none():
    inside = build_resnet((8, 8, 1), 3, filters=(4, 6))
    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Rescaling(2), inside])
    image = np.ones((8, 8, 1), "float32")
    before = np.asarray(model(image[None]))
    gallery = layer_gallery(model, image, most=2)
    convolutions = [layer for layer in model._flatten_layers() if "Conv" in type(layer).__name__]
    assert len(gallery) == len(convolutions) >= 5
    assert all("call" not in vars(layer) for layer in convolutions)
    np.testing.assert_array_equal(model(image[None]), before)
    assert layer_gallery(build_mlp((8, 8, 1), 3), np.ones((8, 8, 1))) == {}


def test_mistakes():
    with pytest.raises(ArgumentError, match="must be one image"):
        layer_gallery(build_mlp((4, 4, 1), 3), np.ones((4, 4)))
