import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from dlrecipes.errors import ArgumentError
from dlrecipes.models import build_cnn


def test_contract(check_model):
    def make(**arguments):
        return build_cnn((8, 9, 2), 3, filters=(4, 5), dense_units=(6,), **arguments)

    check_model(make, (8, 9, 2), 3)


def test_parameters():
    model = build_cnn((8, 8, 1), 10, filters=(4, 6), dense_units=(5,), batch_normalization=False)
    expected = (9 * 1 + 1) * 4 + (9 * 4 + 1) * 6 + (2 * 2 * 6 + 1) * 5 + (5 + 1) * 10
    assert model.count_params() == expected


def test_normalisation_replaces_the_biases():
    model = build_cnn((8, 8, 1), 10, filters=(4,), dense_units=(5,))
    assert [w.path for w in model.weights if w.path.endswith("bias")] == ["outputs/bias"]


def test_dropout_stands_before_each_dense_layer():
    names = [layer.name for layer in build_cnn((8, 8, 1), 2, dropout_rate=0.1).layers]
    assert names[names.index("hidden_1_dense") - 1] == "flatten_dropout"
    assert names[names.index("outputs") - 1] == "hidden_1_dropout"


def test_without_hidden_layers():
    model = build_cnn((8, 8, 1), 2, filters=(3,), dense_units=(), batch_normalization=False)
    assert model.count_params() == 10 * 3 + (4 * 4 * 3 + 1) * 2


@settings(deadline=None, max_examples=12)
@given(height=st.integers(1, 12), width=st.integers(1, 12), stages=st.integers(1, 4))
def test_small_images(height, width, stages):
    """It builds exactly when Keras' pooling leaves a pixel."""

    def build():
        return build_cnn((height, width, 1), 2, filters=(2,) * stages, dense_units=())

    if min(height, width) >> stages:
        assert build().output_shape == (None, 2)
    else:
        with pytest.raises(ArgumentError, match=rf"at least {2**stages} pixels"):
            build()


def test_learns():
    keras.utils.set_random_seed(0)
    x = np.random.default_rng(0).normal(size=(64, 4, 4, 1)).astype("float32")
    y = (x[:, :2].mean((1, 2, 3)) > x[:, 2:].mean((1, 2, 3))).astype("int32")
    model = build_cnn((4, 4, 1), 2, filters=(8,), dense_units=(16,))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01), loss, jit_compile=False)
    history = model.fit(x, y, epochs=15, batch_size=32, verbose=0).history["loss"]
    assert history[-1] < 0.3 * history[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"input_shape": (8, 8)}, r"`input_shape` must be \(height, width, channels\).*\(8, 8\)"),
        ({"input_shape": (8, 8, 0)}, r"`input_shape\[2\]` must be an integer, at least 1"),
        ({"input_shape": (8, 3, 1)}, r"halved 2 times must be at least 4 pixels.*\(8, 3, 1\)"),
        ({"filters": ()}, r"`filters` must have at least 1 entry\. Received: filters=\(\)\."),
        ({"filters": (4, 0)}, r"`filters\[1\]` must be an integer, at least 1"),
        ({"kernel_size": 0}, r"`kernel_size` must be an integer, at least 1"),
        ({"dense_units": (-3,)}, r"`dense_units\[0\]` must be an integer, at least 1"),
        ({"outputs": True}, r"`outputs` must be an integer"),
        ({"activation": "?"}, r"`activation` must be one of"),
    ],
)
def test_argument_errors(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        build_cnn(**{"input_shape": (8, 8, 1), "outputs": 2, **arguments})
