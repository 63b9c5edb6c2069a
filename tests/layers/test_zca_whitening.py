import keras
import numpy as np
import pytest

from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.layers import PCAWhitening, ZCAWhitening


def run(layer, x):
    return keras.ops.convert_to_numpy(layer(np.asarray(x))).astype("float64")


def correlated(examples=400, features=5, offset=0.0, seed=0):
    generator = np.random.default_rng(seed)
    mixing = np.linalg.qr(generator.normal(size=(features, features)))[0]
    scales = np.linspace(1, 5, features)
    return ((generator.normal(size=(examples, features)) * scales) @ mixing + offset).astype(
        "float32"
    )


def adapted(x, epsilon=1e-5):
    layer = ZCAWhitening(epsilon)
    layer.adapt(x)
    return layer


@pytest.mark.parametrize("offset", [0.0, 1e3])
def test_mean_0_and_covariance_identity(offset):
    x = correlated(offset=offset)
    white = run(adapted(x), x)
    np.testing.assert_allclose(white.mean(axis=0), 0, atol=1e-3)
    np.testing.assert_allclose(np.cov(white.T), np.eye(5), atol=1e-3)


@pytest.mark.parametrize("epsilon", [0.0, 1e-5, 0.1])
def test_equals_the_eigen_decomposition(epsilon):
    x = correlated().astype("float64")
    variance, axes = np.linalg.eigh(np.cov(x.T))
    matrix = axes @ np.diag(1 / np.sqrt(variance + epsilon * variance.max())) @ axes.T
    expected = (x - x.mean(axis=0)) @ matrix
    np.testing.assert_allclose(run(adapted(x, epsilon), x), expected, atol=1e-5)


def test_white_data_stay_as_they_are():
    x = np.random.default_rng(0).normal(size=(300, 4))
    white = PCAWhitening(epsilon=0.0)
    white.adapt(x)
    x = run(white, x)
    np.testing.assert_allclose(run(adapted(x, 0.0), x), x, atol=1e-5)


def test_images_keep_their_shape(tmp_path):
    x = correlated(300, 12, offset=100.0).reshape(300, 2, 3, 2)
    inputs = keras.Input((2, 3, 2))
    model = keras.Model(inputs, adapted(x)(inputs))
    assert model.output_shape == (None, 2, 3, 2)
    white = run(model, x)
    assert white.shape == x.shape
    np.testing.assert_allclose(np.cov(white.reshape(300, 12).T), np.eye(12), atol=1e-3)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(x), model(x))


def test_constant_columns_give_0():
    x = np.column_stack([correlated(), np.full(400, 0.1), np.full(400, 1e8)])
    layer = adapted(x)
    white = run(layer, x)
    np.testing.assert_allclose(np.cov(white[:, :5].T), np.eye(5), atol=1e-3)
    np.testing.assert_allclose(white[:, 5:], 0, atol=1e-5)
    moved = run(layer, x + [0, 0, 0, 0, 0, 0.5, 1e3])
    np.testing.assert_allclose(moved, white, atol=1e-4)


def test_fewer_examples_than_features():
    x = correlated(examples=6, features=20)
    layer = adapted(x)
    spectrum = np.linalg.eigvalsh(np.cov(run(layer, x).T))
    np.testing.assert_allclose(spectrum[-5:], 1, atol=1e-3)
    np.testing.assert_allclose(spectrum[:-5], 0, atol=1e-6)
    # Unseen directions are left out and not blown up.
    assert np.abs(run(layer, correlated(features=20, seed=1))).max() < 100


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([[1.0, np.nan], [2.0, 1.0]], "without NaN.*1 NaN.*Imputation"),
        ([[1.0, 2.0]], "examples that differ"),
        (np.full((5, 2, 2), 0.1), "examples that differ"),
    ],
)
def test_wrong_training_data(x, message):
    with pytest.raises(DataError, match=message):
        ZCAWhitening().adapt(x)


@pytest.mark.parametrize("epsilon", [-1.0, np.nan, "small", None, False])
def test_wrong_arguments(epsilon):
    with pytest.raises(ArgumentError, match="`epsilon` must be a finite number"):
        ZCAWhitening(epsilon)
