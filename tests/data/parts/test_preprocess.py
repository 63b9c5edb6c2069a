import keras
import numpy as np
import pytest

from dlrecipes.data import Split, apply_preprocess, fit_preprocess
from dlrecipes.errors import DataError


@pytest.fixture
def train():
    x = np.random.default_rng(0).normal(size=(200, 4)).astype(np.float32)
    x[:, 1] = 7.3  # constant
    x[:, 2] = x[:, 2] * 100 + 1e5  # large mean
    return Split(x, np.zeros(200))


@pytest.fixture(params=["float32", "mixed_float16", "mixed_bfloat16"])
def policy(request):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(request.param)
    yield request.param
    keras.config.set_dtype_policy(before)


def test_normalization_stays_float32_and_keeps_constant_columns_small(train, policy):
    layer = fit_preprocess(keras.layers.Normalization(), train)
    output = apply_preprocess(layer, train.x)
    assert layer.compute_dtype == "float32"
    assert output.dtype == np.float32
    np.testing.assert_allclose(output.std(axis=0), [1, 0, 1, 1], atol=1e-3)
    later = apply_preprocess(layer, train.x + 0.5)
    np.testing.assert_allclose(later[:, 1], 0.5, atol=1e-5)


def test_sequence_is_adapted_layer_by_layer(train, policy):
    layer = keras.Sequential([keras.layers.Rescaling(2.0, 1.0), keras.layers.Normalization()])
    output = apply_preprocess(fit_preprocess(layer, train), train.x)
    np.testing.assert_allclose(output.std(axis=0), [1, 0, 1, 1], atol=1e-3)


def test_guard_survives_saving(train, tmp_path):
    inputs = keras.Input((4,))
    layer = fit_preprocess(keras.layers.Normalization(), train)
    keras.Model(inputs, layer(inputs)).save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(
        np.asarray(loaded(train.x + 0.5)), apply_preprocess(layer, train.x + 0.5), rtol=1e-5
    )


def test_given_mean_and_variance_are_kept(train):
    layer = keras.layers.Normalization(mean=1.0, variance=4.0)
    output = apply_preprocess(fit_preprocess(layer, train), train.x)
    np.testing.assert_allclose(output, (train.x - 1) / 2, rtol=1e-5)


def test_augmentation_is_off():
    images = np.random.default_rng(0).uniform(size=(20, 4, 4, 1)).astype(np.float32)
    layer = fit_preprocess(keras.layers.RandomFlip(), Split(images, np.zeros(20)))
    np.testing.assert_array_equal(apply_preprocess(layer, images), images)


def test_batches_do_not_change_the_outcome():
    x = np.arange(2 * 2500, dtype=np.float32).reshape(2500, 2)
    np.testing.assert_array_equal(apply_preprocess(keras.layers.Rescaling(0.5), x), x / 2)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (lambda: keras.layers.Reshape((3, 3)), "must work on the training inputs"),
        (lambda: keras.layers.Normalization(axis=5), "must work on the training inputs.*axis"),
        (lambda: keras.layers.Rescaling(np.inf), "must give finite numbers"),
        (lambda: keras.layers.Lambda(lambda x: x[:5]), "one row an example"),
        (lambda: keras.layers.Lambda(lambda x: x[:, 0]), "one row an example"),
    ],
)
def test_unfit_layers(train, layer, message):
    with pytest.raises(DataError, match=f"(?s){message}"):
        fit_preprocess(layer(), train)
