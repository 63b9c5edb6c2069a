"""The output stays float32 under a mixed policy, whoever wrote the builder."""

import keras
import numpy as np
import pytest

from dlrecipes.training.build_model import build_model
from dlrecipes.training.precision import dtype_policy


def sequential():
    layers = [keras.Input((4,)), keras.layers.Dense(8), keras.layers.Dense(3)]
    return keras.Sequential(layers)


def without_input():
    return keras.Sequential([keras.layers.Dense(8), keras.layers.Dense(3)])


def nested():
    return keras.Sequential([keras.Input((4,)), keras.layers.GaussianNoise(0.1), sequential()])


def functional():
    inputs = keras.Input((4,))
    hidden = keras.layers.Dense(8)(inputs)
    return keras.Model(inputs, keras.layers.Activation("softmax")(keras.layers.Dense(3)(hidden)))


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.outputs_ = keras.layers.Dense(3, dtype="float32")

    def call(self, inputs):
        return self.outputs_(inputs)


def test_each_of_several_outputs_is_float32():
    def build():
        inputs = keras.Input((4,))
        hidden = keras.layers.Dense(8)(inputs)
        heads = {name: keras.layers.Dense(1)(hidden) for name in ("age", "income")}
        model = keras.Model(inputs, heads)
        model.compile("sgd", "mse")
        return model

    x = np.ones((1, 4), np.float32)
    with dtype_policy("mixed_bfloat16"):
        model = build_model(build, x)
        assert {one.dtype.name for one in model(x).values()} == {"float32"}
        assert model.layers[1].compute_dtype == "bfloat16"


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("make", [sequential, without_input, nested, functional, Subclassed])
def test_output_is_float32(make, policy):
    def build():
        model = make()
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile("sgd", loss, run_eagerly=True)
        return model

    x, y = np.ones((8, 4), np.float32), np.arange(8) % 3
    with dtype_policy(policy):
        model = build_model(build, x[:1])
        model.fit(x, y, verbose=0)
        assert model.predict(x, verbose=0).dtype == np.float32
        if make is not Subclassed:
            computed = {layer.compute_dtype for layer in model.layers[:-1]}
            assert policy.removeprefix("mixed_") in computed | {model.layers[0].compute_dtype}
