import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings, strategies as st

from dlrecipes.errors import ArgumentError
from dlrecipes.layers import ResidualBlock, matched_initializer


def images(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


@pytest.mark.parametrize(("variant", "order"), [("basic", "post"), ("bottleneck", "pre")])
def test_contract(check_layer, variant, order):
    def make():
        return ResidualBlock(
            3,
            strides=2,
            variant=variant,
            activation_order=order,
            dropout_rate=0.2,
            kernel_regularizer=keras.regularizers.L2(1e-3),
            seed=5,
        )

    check_layer(make, (2, 5, 6, 4))


def test_contract_without_projection(check_layer):
    check_layer(lambda: ResidualBlock(4, activation="silu"), (2, 4, 4, 4))


@settings(deadline=None, max_examples=10)
@given(
    size=st.integers(1, 9),
    strides=st.integers(1, 3),
    kernel_size=st.integers(1, 4),
    variant=st.sampled_from(["basic", "bottleneck"]),
)
def test_output_shape(size, strides, kernel_size, variant):
    block = ResidualBlock(2, kernel_size, strides=strides, variant=variant)
    channels = 8 if variant == "bottleneck" else 2
    expected = (1, -(-size // strides), -(-5 // strides), channels)
    assert tuple(block(images((1, size, 5, 3))).shape) == expected
    assert block.compute_output_shape((1, size, 5, 3)) == expected
    assert block.compute_output_shape((None, None, None, 3)) == (None, None, None, channels)


def names(block):
    return {weight.path.split("/")[-2] for weight in block.weights}


@pytest.mark.parametrize(
    ("order", "channels", "strides", "expected"),
    [
        ("post", 4, 1, set()),
        ("post", 3, 1, {"projection", "projection_normalization"}),
        ("post", 4, 2, {"projection", "projection_normalization"}),
        ("pre", 4, 1, set()),
        ("pre", 3, 1, {"projection"}),
    ],
)
def test_projection_only_where_the_shape_changes(order, channels, strides, expected):
    block = ResidualBlock(4, strides=strides, activation_order=order)
    block.build((None, 6, 6, channels))
    assert {name for name in names(block) if name.startswith("projection")} == expected


def test_post_formula():
    block = ResidualBlock(4)
    x = images((2, 6, 6, 4))
    block.build(x.shape)
    weights = {w.path.split("/", 1)[1]: w for w in block.weights}
    y = tf.constant(x)
    for index in (1, 2):
        kernel = weights[f"convolution_{index}/kernel"].value
        y = tf.nn.conv2d(y, kernel, 1, "SAME")
        # Moving mean 0 and variance 1 at the start.
        y = y / np.sqrt(1 + 1e-3)
        if index == 1:
            y = tf.nn.relu(y)
    np.testing.assert_allclose(block(x), tf.nn.relu(x + y), rtol=1e-5, atol=1e-5)


def test_pre_formula():
    block = ResidualBlock(4, activation_order="pre", strides=2)
    x = images((2, 6, 6, 3))
    block.build(x.shape)
    weights = {w.path.split("/", 1)[1]: w for w in block.weights}
    scale = 1 / np.sqrt(1 + 1e-3)
    first = tf.nn.relu(x * np.float32(scale))
    shortcut = tf.nn.conv2d(first, weights["projection/kernel"].value, 2, "SAME")
    y = tf.nn.conv2d(first, weights["convolution_1/kernel"].value, 2, "SAME")
    y = tf.nn.conv2d(tf.nn.relu(y * scale), weights["convolution_2/kernel"].value, 1, "SAME")
    np.testing.assert_allclose(block(x), shortcut + y, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("variant", ["basic", "bottleneck"])
@pytest.mark.parametrize("order", ["post", "pre"])
def test_zero_start_is_the_shortcut_and_can_be_left(variant, order):
    block = ResidualBlock(
        2, variant=variant, activation_order=order, zero_init_residual=True, activation="relu"
    )
    x = images((2, 4, 4, 8 if variant == "bottleneck" else 2))
    expected = x if order == "pre" else np.maximum(x, 0)
    np.testing.assert_array_equal(block(x), expected)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(block(x, training=True) * images(x.shape, seed=1))
    gradients = tape.gradient(loss, [v.value for v in block.trainable_variables])
    # Something in the residual must move, or the block would stay its shortcut for ever.
    moved = {
        v.path.split("/", 1)[1]
        for v, g in zip(block.trainable_variables, gradients, strict=True)
        if np.abs(g).max() > 1e-4
    }
    last = 3 if variant == "bottleneck" else 2
    assert moved >= {
        f"convolution_{last}/kernel" if order == "pre" else f"normalization_{last}/gamma"
    }


def test_without_zero_start_the_residual_counts():
    x = images((2, 4, 4, 2))
    assert np.abs(ResidualBlock(2, activation_order="pre")(x) - x).max() > 0.1


def test_dropout_is_seeded_and_only_in_training():
    x = images((2, 4, 4, 2))
    block = ResidualBlock(2, dropout_rate=0.5, seed=1)
    np.testing.assert_array_equal(block(x), block(x))
    assert np.any(block(x, training=True) != block(x, training=True))
    assert any("dropout" in v.path for v in ResidualBlock(2, dropout_rate=0.0).variables)
    assert not any("dropout" in v.path for v in ResidualBlock(2).variables)


def test_penalty_is_on_kernels_only():
    block = ResidualBlock(2, kernel_regularizer=keras.regularizers.L2(1.0))
    block(images((1, 4, 4, 3)))
    kernels = [w for w in block.weights if w.path.endswith("kernel")]
    expected = sum(float(np.sum(np.square(w))) for w in kernels)
    assert float(sum(block.losses)) == pytest.approx(expected, rel=1e-5)
    assert len(block.losses) == len(kernels) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"filters": 0}, r"`filters` must be an integer, at least 1\. Received: filters=0\."),
        ({"kernel_size": 0}, r"`kernel_size` must be"),
        ({"strides": 1.5}, r"`strides` must be an integer, at least 1\. Received: strides=1\.5\."),
        ({"variant": "wide"}, r"`variant` must be one of 'basic', 'bottleneck'\."),
        ({"activation_order": "mid"}, r"`activation_order` must be one of 'post', 'pre'\."),
        ({"activation": "rellu"}, r"`activation` must be one of .*'relu'.*Received.*'rellu'"),
        ({"dropout_rate": 1.0}, r"`rate` must be a finite number in \[0, 1\)"),
    ],
)
def test_argument_errors(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        ResidualBlock(**{"filters": 4, **arguments})


def test_input_of_wrong_rank():
    with pytest.raises(ArgumentError, match=r"\(batch, height, width, channels\).*\(2, 4, 4\)"):
        ResidualBlock(4).build((2, 4, 4))


def test_every_matched_initializer_exists():
    for activation in ("relu", "leaky_relu", "elu", "gelu", "silu"):
        assert matched_initializer(activation) == "he_normal"
        assert callable(keras.activations.get(activation))
    assert matched_initializer("selu") == "lecun_normal"
    assert matched_initializer("tanh") == "glorot_uniform"


def test_contract_of_a_plain_block(check_layer):
    def make():
        return ResidualBlock(
            3, strides=2, activation_order="pre", shortcut=False, batch_normalization=False
        )

    check_layer(make, (2, 5, 6, 4))


@pytest.mark.parametrize("shortcut", [False, True])
@pytest.mark.parametrize("order", ["post", "pre"])
def test_formula_without_normalisation(order, shortcut):
    block = ResidualBlock(4, activation_order=order, shortcut=shortcut, batch_normalization=False)
    x = images((2, 6, 6, 4))
    block.build(x.shape)
    k1, b1, k2, b2 = block.get_weights()
    y = tf.nn.relu(x) if order == "pre" else x
    y = tf.nn.relu(tf.nn.conv2d(y, k1, 1, "SAME") + b1)
    y = tf.nn.conv2d(y, k2, 1, "SAME") + b2
    y = x + y if shortcut else y
    y = tf.nn.relu(y) if order == "post" else y
    np.testing.assert_allclose(block(x), y, rtol=1e-4, atol=1e-5)


def test_without_a_shortcut_there_is_no_projection():
    block = ResidualBlock(3, strides=2, shortcut=False)
    block.build((None, 6, 6, 4))
    assert not [name for name in names(block) if name.startswith("projection")]


@pytest.mark.parametrize("order", ["post", "pre"])
def test_zero_start_without_normalisation(order):
    block = ResidualBlock(
        4, activation_order=order, batch_normalization=False, zero_init_residual=True
    )
    x = np.abs(images((2, 6, 6, 4)))
    np.testing.assert_array_equal(block(x), x)
    with pytest.raises(ArgumentError, match="only if it has one"):
        ResidualBlock(4, shortcut=False, zero_init_residual=True)
