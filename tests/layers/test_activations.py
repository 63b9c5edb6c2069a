"""Activations by name, `"abs"` among them, or as functions, in every builder."""

import functools

import keras
import numpy as np
import pandas as pd
import pytest

import dlrecipes as dlr
from dlrecipes.errors import ArgumentError
from dlrecipes.layers import ResidualBlock, absolute, matched_initializer


@keras.saving.register_keras_serializable(package="tests")
def sine(x):
    return keras.ops.sin(x)


@functools.cache
def targets():
    y = {"price": [2.5, 1.5] * 10, "sold": ["no", "yes"] * 10}
    return dlr.data.from_arrays(np.arange(20.0).reshape(-1, 1), y).raw_spec.targets


@functools.cache
def table_spec():
    splits = dlr.data.load_table()
    return splits.with_preprocess(dlr.data.TablePreprocess(splits.raw_spec.columns)).model_spec


@functools.cache
def text_spec():
    words = [f"a {word} film of {year}" for year in range(1990, 2000) for word in ("good", "bad")]
    table = pd.DataFrame({"text": words, "liked": ["yes", "no"] * 10})
    rules = dlr.data.ColumnRules(kinds={"text": "text"})
    splits = dlr.data.from_table(table, "liked", column_rules=rules)
    return splits.with_preprocess(dlr.data.TextTokens(splits.raw_spec.columns)).model_spec


BUILDERS = {
    "mlp": lambda **a: dlr.models.build_mlp((4,), 2, hidden_units=(3,), **a),
    "cnn": lambda **a: dlr.models.build_cnn((4, 4, 1), 2, filters=(3,), dense_units=(3,), **a),
    "resnet": lambda **a: dlr.models.build_resnet((4, 4, 1), 2, filters=(3,), **a),
    "resnet, pre": lambda **a: dlr.models.build_resnet(
        (4, 4, 1), 2, filters=(3,), activation_order="pre", **a
    ),
    "multitask": lambda **a: dlr.models.build_multitask((1,), targets(), **a),
    "tabular": lambda **a: dlr.models.build_tabular(table_spec(), hidden_units=(3,), **a),
    "text": lambda **a: dlr.models.build_text(text_spec(), architecture="cnn", **a),
}


@pytest.mark.parametrize("activation", ["abs", sine])
@pytest.mark.parametrize("name", BUILDERS)
def test_every_builder_takes_a_name_or_a_function_and_is_saved(name, activation, tmp_path):
    model = BUILDERS[name](activation=activation)
    expected = absolute if activation == "abs" else sine
    used = [
        getattr(layer, "_activate", None) or getattr(layer, "activation", None)
        for layer in model.layers
    ]
    assert expected in used
    assert keras.activations.relu not in used
    model.save(tmp_path / "model.keras")
    loaded = dlr.load_model(tmp_path / "model.keras")
    kind = "int32" if name == "text" else "float32"
    x = np.random.default_rng(0).integers(0, 3, size=(2, *model.input_shape[1:])).astype(kind)
    for one, other in zip(*(keras.tree.flatten(net(x)) for net in (model, loaded)), strict=True):
        np.testing.assert_array_equal(one, other)


def test_abs_is_the_absolute_value():
    model = dlr.models.build_mlp((3,), 1, hidden_units=(5, 4), activation="abs")
    x = np.random.default_rng(0).normal(size=(7, 3)).astype("float32")
    w1, b1, w2, b2, w3, b3 = model.get_weights()
    hidden = np.abs(np.abs(x @ w1 + b1) @ w2 + b2)
    np.testing.assert_allclose(model(x), hidden @ w3 + b3, rtol=1e-5, atol=1e-6)


def test_the_signal_keeps_its_power():
    """Over 30 layers: with He's variance it would grow by 2^30."""
    x = np.random.default_rng(0).normal(size=(100, 200))
    for _ in range(30):
        kernel = keras.initializers.get(matched_initializer("abs"))((200, 200))
        x = np.abs(x @ keras.ops.convert_to_numpy(kernel))
    assert 0.2 < np.mean(x**2) < 5


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (keras.activations.tanh, "glorot_uniform"),
        (keras.activations.relu, "he_normal"),
        (lambda x: keras.ops.maximum(x, 0), "he_normal"),
        (keras.activations.hard_silu, "he_normal"),
        (lambda x: keras.ops.selu(x), "lecun_normal"),
        (lambda x: x * 1.5, "lecun_normal"),
        (keras.ops.sign, "lecun_normal"),
    ],
)
def test_the_initialiser_of_a_function(function, expected):
    assert matched_initializer(function) == expected


def test_a_block_says_its_function():
    block = ResidualBlock(2, activation=sine)
    copy = ResidualBlock.from_config(block.get_config())
    assert copy.activation is sine
    assert copy.get_config() == block.get_config()


@pytest.mark.parametrize("name", BUILDERS)
def test_every_builder_refuses_what_is_none(name):
    with pytest.raises(ArgumentError, match="`activation` must be one of"):
        BUILDERS[name](activation="abss")


@pytest.mark.parametrize(
    ("activation", "message"),
    [
        ("abss", r"must be one of 'abs', .* or a function.*Received: activation='abss'.*'abs'"),
        (3, r"or a function of a tensor.*Received: activation=3"),
        (keras.layers.ReLU(), r"or a function of a tensor.*`lambda x: "),
        (keras.layers.ReLU, r"or a function of a tensor"),
        (lambda x: keras.ops.mean(x), r"one finite number for each.*with the shape \(\)"),
        (lambda x: keras.ops.log(x), r"one finite number for each.*NaN"),
        (lambda x, y: x, r"must be a function of one tensor.*TypeError"),
    ],
)
def test_what_is_none(activation, message):
    with pytest.raises(ArgumentError, match=r"(?s)`activation` .*" + message):
        matched_initializer(activation)
