"""What holds for every trained layer that networks for tables are built of."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlrecipes.errors import ArgumentError
from dlrecipes.layers import (
    FeatureScaling,
    NTKDense,
    ParametricActivation,
    PeriodicBiasEmbedding,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
)

EDGES = ((-1.0, -0.25, 0.5, 1.0), (0.0,), (-2.0, 2.0), (-1.0, 0.0, 1.0))
EMBEDDINGS = {
    "pieces": lambda **options: PiecewiseLinearEmbedding(5, edges=EDGES, **options),
    "periodic": lambda **options: PeriodicEmbedding(5, 3, "random_normal", **options),
    "phases": lambda **options: PeriodicBiasEmbedding(5, 3, **options),
}
OTHERS = {
    "scaling": FeatureScaling,
    "activation": lambda **options: ParametricActivation("selu", **options),
    "dense": lambda **options: NTKDense(5, kernel_regularizer="l2", **options),
}
ALL = EMBEDDINGS | OTHERS
ELEMENTWISE = {name: ALL[name] for name in ("scaling", "activation")}


def run(layer, x):
    return keras.ops.convert_to_numpy(keras.ops.cast(layer(x), "float64"))


@pytest.mark.parametrize("name", ALL)
def test_keeps_the_contract_of_layers(name, check_layer):
    check_layer(ALL[name], (6, 4))


@pytest.mark.parametrize("name", OTHERS)
def test_any_number_of_axes(name):
    x = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
    layer = OTHERS[name]()
    flat = run(layer, x.reshape(6, 4))
    np.testing.assert_allclose(run(layer, x).reshape(flat.shape), flat, rtol=1e-6)
    assert tuple(layer.compute_output_shape((None, 3, 4))) == (None, 3, flat.shape[-1])


def test_one_in_a_network_survives_saving_and_export(tmp_path):
    x = np.random.default_rng(0).normal(size=(7, 4)).astype("float32")
    inputs = keras.Input((4,))
    embedded = [make()(inputs) for make in EMBEDDINGS.values()]
    hidden = keras.layers.Concatenate()([FeatureScaling()(inputs), *embedded])
    hidden = ParametricActivation("abs")(NTKDense(6)(hidden))
    model = keras.Model(inputs, NTKDense(1, use_bias=False)(hidden))
    generator = np.random.default_rng(1)
    for weight in model.trainable_variables:
        weight.assign(weight + generator.normal(size=weight.shape))
    expected = run(model, x)
    assert np.isfinite(expected).all()
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(run(loaded, x), expected)
    model.export(tmp_path / "saved", verbose=False)
    served = tf.saved_model.load(str(tmp_path / "saved"))
    for rows in (7, 1):
        np.testing.assert_allclose(served.serve(x[:rows]), expected[:rows], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", EMBEDDINGS | ELEMENTWISE)
@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16", "bfloat16"])
def test_half_precision_keeps_the_digits_of_the_inputs(name, policy):
    """Raw values that would be one number in half precision give different outputs."""
    keras.utils.set_random_seed(0)
    exact = ALL[name](dtype="float64")
    x = 0.5 + np.arange(64.0)[:, None] / 2**14 * np.ones(4)
    exact.build(x.shape)
    half = ALL[name](dtype=policy)
    half.build(x.shape)
    generator = np.random.default_rng(0)
    for theirs, ours in zip(half.weights, exact.weights, strict=True):
        # Numbers that half precision has, so that only what is computed counts.
        value = np.round(generator.normal(size=ours.shape) * 4) / 4
        ours.assign(value)
        theirs.assign(value)
    output, expected = half(x.astype("float32")), run(exact, x)
    assert keras.backend.standardize_dtype(output.dtype) == half.compute_dtype
    step = 2.0**-8 if "bfloat16" in policy else 2.0**-11
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(keras.ops.cast(output, "float64")),
        expected,
        rtol=step,
        atol=step / 64,
    )


@pytest.mark.parametrize("name", ALL)
def test_inputs_of_other_types(name):
    layer = ALL[name]()
    x = np.array([[1, 0, 1, 0]])
    expected = run(layer, x.astype("float32"))
    for dtype in ("int64", "bool", "float64"):
        np.testing.assert_array_equal(run(layer, x.astype(dtype)), expected)
        assert layer(x.astype(dtype)).dtype == "float32"


def test_graph_equals_eager_for_any_number_of_rows():
    layers = {name: make() for name, make in ALL.items()}

    def all_of_them(x):
        return {name: layer(x) for name, layer in layers.items()}

    x = np.random.default_rng(0).normal(size=(9, 4)).astype("float32")
    for jit_compile in (False, True):
        graph = tf.function(all_of_them, jit_compile=jit_compile, reduce_retracing=True)
        for rows in (9, 1, 0):
            found, expected = graph(tf.constant(x[:rows])), all_of_them(x[:rows])
            for name in layers:
                np.testing.assert_allclose(
                    found[name], expected[name], rtol=1e-5, atol=1e-6, err_msg=name
                )


@pytest.mark.parametrize("name", EMBEDDINGS)
def test_a_missing_number_is_missing_in_its_column_only(name):
    layer = EMBEDDINGS[name]()
    x = np.ones((3, 4), "float32")
    whole = run(layer, x)
    x[1, 2] = np.nan
    output = run(layer, x)
    missing = np.zeros((3, 4, 5), bool)
    missing[1, 2] = True
    missing = missing.reshape(3, 20)
    np.testing.assert_array_equal(np.isnan(output), missing)
    np.testing.assert_array_equal(output[~missing], whole[~missing])


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("shape", [(4,), (2, 0), (2, None)])
def test_refuses_inputs_without_known_features(name, shape):
    message = f"input of `{type(ALL[name]()).__name__}` must have the shape"
    with pytest.raises(ArgumentError, match=message):
        ALL[name]().build(shape)


@pytest.mark.parametrize("name", ALL)
def test_refuses_another_number_of_features(name):
    layer = ALL[name]()
    layer(np.zeros((2, 4)))
    for size in (1, 3, 5):
        with pytest.raises(ArgumentError, match=r"must have the shape \(batch, .*4\)"):
            layer(np.zeros((2, size)))


@pytest.mark.parametrize("name", EMBEDDINGS)
def test_embeddings_want_two_axes(name):
    with pytest.raises(ArgumentError, match=r"shape \(batch, columns\)"):
        EMBEDDINGS[name]().build((2, 3, 4))
