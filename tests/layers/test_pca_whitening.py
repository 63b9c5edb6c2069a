import keras
import numpy as np
import pytest
from sklearn.decomposition import PCA

from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.layers import PCAWhitening


def run(layer, x):
    return keras.ops.convert_to_numpy(layer(np.asarray(x))).astype("float64")


def correlated(examples=400, features=5, offset=0.0, seed=0):
    generator = np.random.default_rng(seed)
    mixing = np.linalg.qr(generator.normal(size=(features, features)))[0]
    scales = np.linspace(1, 5, features)
    return ((generator.normal(size=(examples, features)) * scales) @ mixing + offset).astype(
        "float32"
    )


def adapted(x, *arguments, **named):
    layer = PCAWhitening(*arguments, **named)
    layer.adapt(x)
    return layer


@pytest.mark.parametrize("offset", [0.0, 1e3])
def test_mean_0_and_covariance_identity(offset):
    x = correlated(offset=offset)
    white = run(adapted(x), x)
    np.testing.assert_allclose(white.mean(axis=0), 0, atol=1e-3)
    np.testing.assert_allclose(np.cov(white.T), np.eye(5), atol=1e-3)


def test_a_large_offset_does_not_cancel():
    x = 1e8 + 1e4 * correlated().astype("float64")
    white = run(adapted(x), x)
    np.testing.assert_allclose(white.mean(axis=0), 0, atol=1e-3)
    np.testing.assert_allclose(np.cov(white.T), np.eye(5), atol=1e-3)


@pytest.mark.parametrize("epsilon", [0.0, 1e-5, 0.1])
def test_equals_the_eigen_decomposition(epsilon):
    x = correlated().astype("float64")
    variance, axes = np.linalg.eigh(np.cov(x.T))
    variance, axes = variance[::-1], axes[:, ::-1]
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(5)])
    expected = (x - x.mean(axis=0)) @ axes / np.sqrt(variance + epsilon * variance[0])
    np.testing.assert_allclose(run(adapted(x, epsilon=epsilon), x), expected, atol=1e-5)


@pytest.mark.parametrize("examples", [400, 4])
@pytest.mark.parametrize("components", [3, 0.7, 0.95])
def test_equals_scikit_learn(examples, components):
    x = correlated(examples)
    theirs = PCA(components, whiten=True, svd_solver="full").fit(x.astype("float64"))
    ours = run(adapted(x, components, epsilon=0.0), x)
    expected = theirs.transform(x.astype("float64"))
    signs = np.sign((ours * expected).sum(axis=0))
    np.testing.assert_allclose(ours, expected * signs, atol=1e-4)


def test_number_of_components():
    x = correlated()
    assert run(adapted(x), x).shape[1] == 5
    assert run(adapted(x, 1.0), x).shape[1] == 5
    assert run(adapted(x, 1), x).shape[1] == 1
    assert run(adapted(x, 1e-6), x).shape[1] == 1
    assert run(adapted(x, np.int64(2)), x).shape[1] == 2


def test_fewer_examples_than_features():
    x = correlated(examples=6, features=20)
    layer = adapted(x)
    white = run(layer, x)
    assert white.shape == (6, 5)
    np.testing.assert_allclose(np.cov(white.T), np.eye(5), atol=1e-3)
    assert np.isfinite(run(layer, correlated(features=20, seed=1))).all()


def test_constant_and_copied_columns_add_no_direction():
    x = correlated()
    x = np.column_stack([x, np.full(400, 0.1), np.full(400, 1e8), x[:, 0]])
    layer = adapted(x)
    white = run(layer, x)
    assert white.shape[1] == 5
    np.testing.assert_allclose(np.cov(white.T), np.eye(5), atol=1e-3)
    moved = x + [0, 0, 0, 0, 0, 1e3, 1e3, 0]
    np.testing.assert_allclose(run(layer, moved), white, atol=1e-4)


def test_images():
    x = correlated(300, 12).reshape(300, 2, 3, 2)
    white = run(adapted(x), x)
    assert white.shape == (300, 12)
    np.testing.assert_allclose(white, run(adapted(x.reshape(300, 12)), x.reshape(300, 12)))
    with pytest.raises(ArgumentError, match="layout of the training data"):
        adapted(x)(x.reshape(300, 3, 2, 2))


def test_saving_images(tmp_path):
    x = correlated(300, 12).reshape(300, 2, 3, 2)
    inputs = keras.Input((2, 3, 2))
    model = keras.Model(inputs, adapted(x, 0.9)(inputs))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(x), model(x))


@pytest.mark.parametrize(
    ("x", "components", "message"),
    [
        ([[1.0, np.nan], [2.0, 1.0]], None, "without NaN.*1 NaN.*Imputation"),
        ([[1.0, 2.0]], None, "examples that differ.*1 example "),
        (np.full((5, 2), 0.1), None, "examples that differ.*5 examples"),
        ([[1.0, 2.0], [3.0, 4.0]], 2, "at least `components` directions.*components=2 and 1"),
    ],
)
def test_wrong_training_data(x, components, message):
    with pytest.raises(DataError, match=message):
        PCAWhitening(components).adapt(x)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"components": 0}, "`components` must be an integer, at least 1"),
        ({"components": True}, "`components` must be an integer"),
        ({"components": 0.0}, r"`components` must be a finite number in \(0, 1\]"),
        ({"components": 1.5}, r"`components` must be a finite number in \(0, 1\]"),
        ({"components": "all"}, "`components` must be"),
        ({"epsilon": -1e-9}, "`epsilon` must be a finite number"),
        ({"epsilon": np.inf}, "`epsilon` must be a finite number"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        PCAWhitening(**arguments)
