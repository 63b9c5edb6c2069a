import keras
import numpy as np

from dlrecipes.layers import FeatureScaling


def test_starts_as_nothing_and_multiplies():
    x = np.random.default_rng(0).normal(size=(5, 3))
    layer = FeatureScaling(dtype="float64")
    np.testing.assert_array_equal(layer(x), x)
    layer.scale.assign([0.5, -2.0, 1e-9])
    np.testing.assert_allclose(layer(x), x * [0.5, -2.0, 1e-9], rtol=1e-15)


def test_a_mask_goes_through():
    inputs = keras.Input((None, 3))
    hidden = FeatureScaling()(keras.layers.Masking()(inputs))
    model = keras.Model(inputs, keras.layers.GlobalAveragePooling1D()(hidden))
    x = np.ones((1, 4, 3), "float32")
    x[:, 2:] = 0
    np.testing.assert_allclose(model(x), np.ones((1, 3)), rtol=1e-6)
