"""The contract that every layer keeps."""

import json
from collections.abc import Callable, Iterator

import keras
import numpy as np
import pytest
import tensorflow as tf


@pytest.fixture(autouse=True)
def float32_policy() -> Iterator[None]:
    yield
    keras.config.set_dtype_policy("float32")


@pytest.fixture
def check_layer(tmp_path) -> Callable[..., None]:
    """Return `check(make, input_shape)`, the questions that every layer must answer.

    `make` returns a new, seeded layer; `input_shape` includes the batch axis.
    """

    def check(make: Callable[[], keras.layers.Layer], input_shape: tuple[int, ...]) -> None:
        x = np.random.default_rng(0).normal(size=input_shape).astype("float32")
        check_shape(make, x)
        check_config(make)
        check_saving(make, x, str(tmp_path / "layer.keras"))
        check_mixed_precision(make, x)
        check_seed(make, x)
        check_gradients(make, x)

    return check


def check_shape(make, x):
    layer = make()
    symbolic = layer(keras.Input(batch_shape=x.shape))
    assert tuple(symbolic.shape) == tuple(layer(x).shape)
    assert tuple(layer.compute_output_shape(x.shape)) == tuple(layer(x).shape)


def check_config(make):
    layer = make()
    config = layer.get_config()
    json.dumps(config)
    copy = keras.layers.deserialize(keras.layers.serialize(layer))
    assert type(copy) is type(layer)
    assert copy.get_config() == config


def check_saving(make, x, path):
    inputs = keras.Input(x.shape[1:])
    model = keras.Model(inputs, make()(inputs))
    # Away from the initial weights: a file without them must not pass.
    for weight in model.trainable_variables:
        weight.assign(weight + 0.1)
    model.save(path)
    loaded = keras.saving.load_model(path)
    np.testing.assert_array_equal(loaded(x), model(x))
    assert [w.path for w in loaded.weights] == [w.path for w in model.weights]


def check_mixed_precision(make, x):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        layer = make()
        for training in (False, True):
            assert keras.backend.standardize_dtype(layer(x, training=training).dtype) == "bfloat16"
        variables = {v.dtype for v in layer.variables if "seed" not in v.path} - {"int64"}
        assert variables <= {"float32"}
    finally:
        keras.config.set_dtype_policy("float32")


def check_seed(make, x):
    outputs = []
    for _ in range(2):
        keras.utils.set_random_seed(7)
        outputs.append(keras.ops.convert_to_numpy(make()(x, training=True)))
    np.testing.assert_array_equal(*outputs)


def check_gradients(make, x):
    layer = make()
    layer.build(x.shape)
    inputs = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        loss = tf.reduce_sum(tf.square(layer(inputs, training=True)))
    sources = [inputs, *[v.value for v in layer.trainable_variables]]
    gradients = tape.gradient(loss, sources)
    assert all(g is not None for g in gradients)
    assert all(np.isfinite(g).all() for g in gradients)
    assert any(np.any(g != 0) for g in gradients)
