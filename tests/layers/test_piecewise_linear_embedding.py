import json

import keras
import numpy as np
import pytest

from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.layers import PiecewiseLinearEmbedding, PiecewiseLinearEncoding

NAN = np.nan
EDGES = [[0.0, 1.0, 2.5, 4.0], [5.0], [-2.0, 2.0], [-1.0, 0.0, 1.0]]


def run(layer, x):
    return keras.ops.convert_to_numpy(layer(np.asarray(x)))


def trained(layer, columns):
    """Give a layer weights as if it had been trained, those of its padding too."""
    layer.build((None, columns))
    generator = np.random.default_rng(0)
    for weight in layer.trainable_weights:
        weight.assign(generator.normal(size=weight.shape))
    return layer


def formula(layer, x):
    """Version B column by column, with the components of the encoding."""
    slope, bias, kernel = (
        np.asarray(weight, float) for weight in (layer.slope, layer.bias, layer.kernel)
    )
    parts = []
    for column, edges in enumerate(layer.edges):
        encode = PiecewiseLinearEncoding(edges=[edges])
        number = np.asarray(x)[:, [column]]
        pieces = np.asarray(encode(number), float)
        used = kernel[column][: pieces.shape[1]]
        parts.append(number * slope[column] + bias[column] + pieces @ used)
    return np.concatenate(parts, axis=1)


def test_equals_the_formula_and_padding_does_not_matter():
    layer = trained(PiecewiseLinearEmbedding(6, edges=EDGES, dtype="float64"), 4)
    x = np.random.default_rng(1).uniform(-6, 6, size=(50, 4)).astype("float32").astype("float64")
    x[:4] = [[0, 5, -2, -1], [4, 5, 2, 1], [1, 0, 0, 0], [2.5, 9, 9, 9]]  # on and off the edges
    np.testing.assert_allclose(run(layer, x), formula(layer, x), rtol=1e-12, atol=1e-12)
    padding = np.ones((4, 3, 1))
    for column, edges in enumerate(EDGES):
        padding[column, : max(len(edges) - 1, 1)] = 0
    before = run(layer, x)
    layer.kernel.assign(np.asarray(layer.kernel) + 1e6 * padding)
    np.testing.assert_array_equal(run(layer, x), before)


def test_adapted_is_as_with_these_edges(tmp_path):
    x = np.random.default_rng(0).normal(size=(200, 3)).astype("float32")
    x[:, 1] = x[:, 1].round()  # fewer bins
    x[::7, 2] = NAN
    layer = PiecewiseLinearEmbedding(4, n_bins=6)
    layer.adapt(x)
    encoding = PiecewiseLinearEncoding(6)
    encoding.adapt(x)
    assert layer.edges == encoding.edges
    assert len({len(edges) for edges in layer.edges}) > 1
    trained(layer, 3)
    given_edges = trained(PiecewiseLinearEmbedding(4, edges=layer.edges), 3)
    np.testing.assert_array_equal(run(layer, x), run(given_edges, x))
    np.testing.assert_allclose(run(layer, x), formula(layer, x), rtol=1e-4, atol=1e-5)
    # ---- and saved
    inputs = keras.Input((3,))
    model = keras.Model(inputs, layer(inputs))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(run(loaded, x), run(layer, x))
    assert loaded.layers[-1].edges == layer.edges
    assert [w.path for w in loaded.weights] == [w.path for w in model.weights]


def test_begins_with_straight_lines():
    keras.utils.set_random_seed(0)
    layer = PiecewiseLinearEmbedding(16, edges=[[0.0, 1.0, 3.0]] * 20)
    x = np.linspace(-2, 5, 15)[:, None] * np.ones(20)
    bends = np.diff(run(layer, x).reshape(15, 20, 16), n=2, axis=0)
    np.testing.assert_allclose(bends, 0, atol=1e-5)
    for weight in (layer.slope, layer.bias):
        assert np.abs(weight).max() <= 0.25
        assert np.std(weight) == pytest.approx(0.25 / np.sqrt(3), rel=0.15)
    assert not np.array_equal(layer.slope, layer.bias)


def test_given_edges_are_no_weights():
    layer = trained(PiecewiseLinearEmbedding(4, edges=EDGES), 4)
    assert [weight.name for weight in layer.weights] == ["slope", "bias", "kernel"]
    layer.adapt(np.ones((3, 4)))
    assert layer.edges == tuple(map(tuple, EDGES))
    with pytest.raises(ArgumentError, match="layout of the training data"):
        layer.adapt(np.ones((3, 2)))
    config = json.loads(json.dumps(layer.get_config()))
    assert PiecewiseLinearEmbedding.from_config(config).edges == layer.edges
    assert PiecewiseLinearEmbedding(2, edges=[np.array([0.0, 1.0])]).edges == ((0.0, 1.0),)


def test_adapting_again():
    x = np.arange(20.0).reshape(10, 2)
    layer = PiecewiseLinearEmbedding(4, n_bins=2)
    with pytest.raises(ArgumentError, match=r"PiecewiseLinearEmbedding.*`layer.adapt\(x_train\)`"):
        layer(x)
    with pytest.raises(ArgumentError, match="must be adapted"):
        _ = layer.edges
    with pytest.raises(DataError, match="must be real numbers"):
        layer.adapt([["a"]])
    layer.adapt(x)
    layer(x)
    layer.adapt(x + 1)
    assert layer.edges == ((1.0, 10.0, 19.0), (2.0, 11.0, 20.0))
    for other in (np.ones((5, 2)), x[:, :1]):
        with pytest.raises(ArgumentError, match=r"same layout.*\[2, 2\] bins, then of \["):
            layer.adapt(other)
    assert layer.edges[0] == (1.0, 10.0, 19.0)


def test_huge_and_infinite_numbers():
    layer = trained(PiecewiseLinearEmbedding(4, edges=EDGES), 4)
    huge = float(np.finfo(np.float32).max) / 1e3
    assert np.isfinite(run(layer, [[huge, -huge, huge, -huge]])).all()
    output = run(layer, [[0.0, 5.0, NAN, 1.0]]).reshape(4, 4)
    np.testing.assert_array_equal(np.isnan(output).all(axis=1), [False, False, True, False])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"size": 0}, "`size` must be an integer, at least 1"),
        ({"n_bins": 0}, "`n_bins` must be an integer, at least 1"),
        ({"edges": [[1, 0]]}, "strictly increasing"),
        ({"edges": []}, "`edges` must hold"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        PiecewiseLinearEmbedding(**arguments)
