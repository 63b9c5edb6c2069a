import keras
import numpy as np
import pytest

from dlrecipes.errors import ArgumentError
from dlrecipes.models import build_mlp


@pytest.mark.parametrize("batch_normalization", [False, True])
def test_contract(check_model, batch_normalization):
    def make(**arguments):
        return build_mlp((6,), 3, batch_normalization=batch_normalization, **arguments)

    check_model(make, (6,), 3)


def test_is_the_network_it_says():
    model = build_mlp((4,), 2, hidden_units=(5, 3))
    x = np.random.default_rng(0).normal(size=(7, 4)).astype("float32")
    w1, b1, w2, b2, w3, b3 = model.get_weights()
    hidden = np.maximum(np.maximum(x @ w1 + b1, 0) @ w2 + b2, 0)
    np.testing.assert_allclose(model(x), hidden @ w3 + b3, rtol=1e-5, atol=1e-6)


def test_linear_model():
    assert [tuple(w.shape) for w in build_mlp((4,), 1, hidden_units=()).weights] == [(4, 1), (1,)]


def test_flattens():
    assert build_mlp((8, 8, 2), 10, hidden_units=(5,)).count_params() == 129 * 5 + 6 * 10


def test_normalisation_stands_before_the_activation_and_replaces_the_bias():
    model = build_mlp((4,), 1, hidden_units=(5,), batch_normalization=True, dropout_rate=0.5)
    assert [layer.name for layer in model.layers[1:]] == [
        "hidden_1_dense",
        "hidden_1_normalization",
        "hidden_1_activation",
        "hidden_1_dropout",
        "outputs",
    ]
    assert model.get_layer("hidden_1_dense").bias is None


@pytest.mark.parametrize(
    ("activation", "variance"),
    [("relu", 2 / 400), ("gelu", 2 / 400), ("selu", 1 / 400), ("tanh", 2 / 800)],
)
def test_initial_variance_fits_the_activation(activation, variance):
    model = build_mlp((400,), 1, hidden_units=(400,), activation=activation)
    kernel = model.get_layer("hidden_1_dense").kernel
    assert np.var(kernel) == pytest.approx(variance, rel=0.03)


def test_equal_layers_start_differently():
    model = build_mlp((5,), 1, hidden_units=(5, 5))
    first, second = (model.get_layer(f"hidden_{i}_dense").kernel for i in (1, 2))
    assert np.any(np.asarray(first) != np.asarray(second))


def test_targets_in_user_units():
    x = np.random.default_rng(0).normal(size=(50, 3)).astype("float32")
    keras.utils.set_random_seed(1)
    standard = build_mlp((3,), 1)(x)
    keras.utils.set_random_seed(1)
    model = build_mlp((3,), 1, target_mean=1000.0, target_std=50.0)
    np.testing.assert_allclose(model(x), 50 * standard + 1000, rtol=1e-5)


def test_output_bias_is_in_user_units():
    model = build_mlp((3,), 1, output_bias=[1000.0], target_mean=1000.0, target_std=50.0)
    np.testing.assert_allclose(model(np.zeros((1, 3))), [[1000.0]])
    model = build_mlp((3,), 1, output_bias=[1100.0], target_mean=1000.0, target_std=50.0)
    np.testing.assert_allclose(model.get_layer("outputs").bias, [2.0])


def test_targets_in_user_units_are_saved_and_float32(tmp_path):
    keras.config.set_dtype_policy("mixed_bfloat16")
    model = build_mlp((3,), 1, target_mean=1000.123, target_std=50.0)
    assert model.output.dtype == "float32"
    # bfloat16 would have turned the mean into 1000.
    hidden = keras.ops.zeros((1, 3))
    assert float(model(hidden)[0, 0]) == pytest.approx(1000.123, rel=1e-6)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(hidden), model(hidden))


def test_constant_scale_adds_no_layer():
    assert build_mlp((3,), 1).layers[-1].name == "outputs"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"input_shape": ()}, r"`input_shape` must have at least one axis.*Received.*\(1,\)"),
        ({"input_shape": (None, 3)}, r"`input_shape\[0\]` must be an integer, at least 1"),
        ({"outputs": 0}, r"`outputs` must be an integer, at least 1\. Received: outputs=0\."),
        ({"hidden_units": (8, -1)}, r"`hidden_units\[1\]` must be .* Received: .*=-1\."),
        ({"hidden_units": 8}, r"`hidden_units` must be a sequence of integers.*hidden_units=8\."),
        ({"activation": "rellu"}, r"`activation` must be one of"),
        ({"target_std": 0.0}, r"`target_std` must be a finite number in \(0, inf\]"),
        ({"target_mean": float("nan")}, r"`target_mean` must be a finite number"),
    ],
)
def test_argument_errors(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        build_mlp(**{"input_shape": (4,), "outputs": 2, **arguments})
