"""What a builder sets for the whole process is put back."""

import os

import keras
import pytest
import tensorflow as tf

from dlrecipes.training.engines.undisturbed import undisturbed


def build():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


@pytest.mark.parametrize(
    ("set_it", "read_it"),
    [
        (lambda: keras.config.set_floatx("float64"), keras.config.floatx),
        (lambda: keras.config.set_epsilon(0.1), keras.config.epsilon),
        (
            lambda: keras.config.set_image_data_format("channels_first"),
            keras.config.image_data_format,
        ),
        (
            lambda: keras.config.set_dtype_policy("mixed_float16"),
            lambda: keras.config.dtype_policy().name,
        ),
        (lambda: os.chdir("/"), os.getcwd),
        (
            lambda: tf.config.run_functions_eagerly(True),
            lambda: tf.config.functions_run_eagerly(),
        ),
        (lambda: tf.device("/cpu:0").__enter__(), lambda: tf.constant(1.0).device),
        (
            lambda: tf.distribute.MirroredStrategy(["/cpu:0"]).scope().__enter__(),
            tf.distribute.has_strategy,
        ),
        (keras.utils.clear_session, lambda: keras.config.dtype_policy().name),
    ],
)
def test_it_is_put_back(set_it, read_it):
    before = read_it()

    def call():
        set_it()
        return build()

    assert isinstance(undisturbed(call), keras.Model)
    assert read_it() == before

    def fails():
        set_it()
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        undisturbed(fails)
    assert read_it() == before


def test_a_network_built_in_eager_mode_trains_so():
    def call():
        tf.config.run_functions_eagerly(True)
        return build()

    assert undisturbed(call).run_eagerly
    assert not undisturbed(build).run_eagerly
