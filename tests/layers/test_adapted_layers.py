"""What holds for every layer that is adapted to training data."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.layers import (
    Imputation,
    MinMaxScaling,
    PCAWhitening,
    PiecewiseLinearEncoding,
    QuantileClip,
    QuantileToNormal,
    RobustScaling,
    Standardization,
    ZCAWhitening,
)

TABLE = [
    Imputation,
    QuantileClip,
    MinMaxScaling,
    Standardization,
    PiecewiseLinearEncoding,
    RobustScaling,
    QuantileToNormal,
]
WHITENING = [PCAWhitening, ZCAWhitening]
ALL = [*TABLE, *WHITENING]


def training_data(kind, examples=60):
    """A table with gaps, an offset and a constant column; for whitening without gaps."""
    x = np.random.default_rng(0).normal(size=(examples, 5)) * [1, 10, 0.1, 3, 0]
    x += [0, 1000, 0, -5, 0.1]
    if kind in TABLE:
        x[::7, 1] = np.nan
        x[3, 4] = np.nan
    return x


def adapted(kind, **arguments):
    layer = kind(**arguments)
    layer.adapt(training_data(kind))
    return layer


def array(tensor):
    return keras.ops.convert_to_numpy(keras.ops.convert_to_tensor(tensor))


@pytest.mark.parametrize("kind", ALL)
def test_shapes_dtypes_and_weights(kind):
    layer = adapted(kind)
    x = training_data(kind).astype("float32")
    output = layer(x)
    assert output.dtype == "float32"
    assert tuple(layer.compute_output_shape(x.shape)) == tuple(output.shape)
    symbolic = layer(keras.Input((5,)))
    assert tuple(symbolic.shape) == (None, *output.shape[1:])
    assert symbolic.dtype == "float32"
    assert layer.trainable_weights == []
    assert {weight.dtype for weight in layer.weights} == {"float32"}
    for rows in (0, 1):
        assert tuple(layer(x[:rows]).shape) == (rows, *output.shape[1:])
    np.testing.assert_array_equal(layer(x[:1]), output[:1])
    assert layer(np.ones((2, 5), "int64")).dtype == "float32"


@pytest.mark.parametrize("kind", ALL)
def test_compiled_equals_eager(kind):
    layer = adapted(kind)
    x = tf.constant(training_data(kind), "float32")
    # Products and sums may be fused.
    compiled = tf.function(layer, jit_compile=True)
    np.testing.assert_allclose(compiled(x), layer(x), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", ALL)
def test_saving(kind, tmp_path):
    x = training_data(kind).astype("float32")
    inputs = keras.Input((5,))
    model = keras.Model(inputs, adapted(kind)(inputs))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(x), model(x))
    assert [w.path for w in loaded.weights] == [w.path for w in model.weights]


def test_a_chain_in_a_sequential_survives_saving_and_export(tmp_path):
    x = training_data(Imputation).astype("float32")
    fill, clip = Imputation(), QuantileClip((0.05, 0.95))
    scale, whiten = Standardization(), ZCAWhitening()
    encode = PiecewiseLinearEncoding(3)
    chain = keras.Sequential([fill, clip, scale, whiten, encode])
    current = x
    for layer in chain.layers:
        layer.adapt(current)
        current = array(layer(current))
    np.testing.assert_array_equal(chain(x), current)
    chain.save(tmp_path / "chain.keras")
    loaded = keras.saving.load_model(tmp_path / "chain.keras")
    np.testing.assert_array_equal(loaded(x), current)
    assert loaded.layers[0].indicator_columns == fill.indicator_columns == (1, 4)
    assert loaded.layers[-1].edges == encode.edges
    chain.export(tmp_path / "saved", verbose=False)
    served = tf.saved_model.load(str(tmp_path / "saved"))
    np.testing.assert_allclose(served.serve(x), current, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", ALL)
def test_config(kind):
    layer = adapted(kind)
    config = layer.get_config()
    json.dumps(config)
    assert kind.from_config(config).get_config() == config
    rebuilt = keras.layers.deserialize(json.loads(json.dumps(keras.layers.serialize(layer))))
    assert rebuilt.get_config() == config
    # A forgotten load must show.
    assert any(np.isnan(array(weight)).all() for weight in rebuilt.weights)
    rebuilt.set_weights(layer.get_weights())
    x = training_data(kind)
    np.testing.assert_array_equal(rebuilt(x), layer(x))


@pytest.mark.parametrize("kind", ALL)
def test_float32_under_every_policy(kind):
    x = training_data(kind)
    expected = array(adapted(kind)(x))
    for policy in ("mixed_bfloat16", "bfloat16", "float64"):
        keras.config.set_dtype_policy("float32")
        explicit = adapted(kind, dtype=policy)
        keras.config.set_dtype_policy(policy)
        for layer in (adapted(kind), explicit):
            assert layer.compute_dtype == "float32"
            np.testing.assert_array_equal(layer(x), expected)


@pytest.mark.parametrize("kind", ALL)
def test_refuses_to_work_before_adapt(kind):
    x = training_data(kind)
    for layer in (kind(), kind.from_config(adapted(kind).get_config())):
        for use in (layer, lambda x, layer=layer: layer.compute_output_shape(x.shape)):
            with pytest.raises(ArgumentError, match=r"must be adapted .* `layer.adapt\(x_train\)`"):
                use(x)
        with pytest.raises(ArgumentError, match="must be adapted"):
            layer(keras.Input((5,)))
        layer.adapt(x)
        layer(x)


@pytest.mark.parametrize("kind", ALL)
def test_refuses_inputs_of_another_layout(kind):
    layer = adapted(kind)
    for _ in range(2):  # before and after the layer is built
        for shape in ((2, 4), (2, 1), (5,), (2, 5, 1)):
            with pytest.raises(ArgumentError, match="layout of the training data"):
                layer(np.zeros(shape, "float32"))
        layer(np.zeros((2, 5), "float32"))


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.array([["a"], ["b"]]), "must be real numbers"),
        (np.array([[None], [1.0]], object), "must be real numbers"),
        (np.ones((2, 2), complex), "must be real numbers"),
        (np.ones(3), r"must have the shape .*\(3,\)"),
        (np.ones((0, 3)), r"at least one of each.*\(0, 3\)"),
        (np.ones((3, 0)), r"at least one of each.*\(3, 0\)"),
        (np.array([[1.0], [np.inf]]), "1 infinite or larger number"),
        (np.array([[1.0], [-1e38]]), "1 infinite or larger number"),
    ],
)
def test_refuses_training_data(kind, x, message):
    layer = kind()
    with pytest.raises(DataError, match=message):
        layer.adapt(x)
    assert layer.weights == []


@pytest.mark.parametrize("kind", TABLE)
def test_table_layers_want_two_axes(kind):
    with pytest.raises(DataError, match=r"shape \(examples, features\)"):
        kind().adapt(np.ones((2, 3, 4)))


@pytest.mark.parametrize("kind", ALL)
def test_a_graph_equals_eager_and_follows_another_adapt(kind):
    layer = adapted(kind)
    graph = tf.function(layer)
    x = training_data(kind)
    np.testing.assert_allclose(graph(tf.constant(x, "float32")), layer(x), rtol=1e-5)
    layer.adapt(2 * x + 1)
    again = kind()
    again.adapt(2 * x + 1)
    np.testing.assert_array_equal(layer(x), again(x))
    np.testing.assert_allclose(graph(tf.constant(x, "float32")), again(x), rtol=1e-6)
    before = layer.get_weights()
    with pytest.raises(ArgumentError, match="same layout"):
        layer.adapt(x[:, :4])
    for kept, weight in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(kept, weight)


@pytest.mark.parametrize("kind", ALL)
def test_more_digits_than_float32_do_not_count(kind):
    x = training_data(kind)
    rounded = kind()
    rounded.adapt(x.astype("float32"))
    for ours, theirs in zip(adapted(kind).get_weights(), rounded.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("kind", ALL)
def test_huge_and_tiny_numbers(kind):
    x = np.random.default_rng(1).normal(size=(40, 3))
    x = x / np.abs(x).max() * 8e37
    if kind in TABLE:
        x[:, 2] *= 1e-70
    layer = kind()
    layer.adapt(x)
    assert np.isfinite(array(layer(x))).all()
