"""A network that was trained, made again from builder and weights."""

import random

import keras
import numpy as np
import pytest

from dlrecipes.errors import BuilderError
from dlrecipes.training.precision import dtype_policy
from dlrecipes.training.restore import restore

X = np.random.default_rng(0).normal(size=(16, 4)).astype("float32")


def build(units=8):
    # Random features that no weight holds: they follow from the seed.
    generator = np.random.default_rng(random.getrandbits(31))
    features = generator.normal(size=(4, 4)).astype("float32")
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Lambda(lambda x: keras.ops.matmul(x, keras.ops.cast(features, x.dtype))),
            keras.layers.Dense(units, activation="relu"),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(3),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss, run_eagerly=True)
    return model


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16", "mixed_float16"])
def test_it_computes_what_the_trained_one_does_under_its_policy(policy):
    with dtype_policy(policy):
        keras.utils.set_random_seed(5)
        trained = build()
        trained.layers[-1].dtype_policy = "float32"
        trained.fit(X, np.arange(16) % 3, verbose=0)
    again = restore(build, trained.get_weights(), X[:1], seed=5, policy=policy)
    np.testing.assert_array_equal(again(X), trained(X))
    assert again.layers[1].compute_dtype == policy.removeprefix("mixed_")
    assert again(X).dtype == "float32"
    assert keras.config.dtype_policy().name == "float32"  # as it was before


def test_a_builder_that_makes_another_network():
    weights = build(7).get_weights()
    with pytest.raises(BuilderError, match="same network at each call.*other weights than"):
        restore(build, weights, X[:1], seed=5, policy="float32")
