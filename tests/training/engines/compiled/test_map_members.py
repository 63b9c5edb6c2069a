import keras
import numpy as np
import pytest
import tensorflow as tf

from dlrecipes.training.engines.compiled.map_members import fused_normalization

IMAGES = np.random.default_rng(0).normal(3.0, 2.0, (8, 5, 6, 4))


def train(layer, x, *, fused):
    """Return outputs, gradients and moving averages of one training step, traced."""
    layer.build(x.shape)
    for at, weight in enumerate(layer.weights):
        weight.assign(np.linspace(0.5, 1.5, int(np.prod(weight.shape))) + at)

    @tf.function(autograph=False)
    def step(x):
        weights = layer.trainable_weights
        with tf.GradientTape() as tape:
            tape.watch(x)
            outputs = layer(x, training=True)
            # A mean or a sum of squares would have almost no gradient behind a normalisation.
            total = tf.reduce_sum(tf.cast(outputs, "float32") ** 3)
        return outputs, tape.gradient(total, [x, *[one.value for one in weights]])

    x = tf.constant(x)
    if fused:
        with fused_normalization():
            traced = step.get_concrete_function(x)
    else:
        traced = step.get_concrete_function(x)
    outputs, gradients = traced(x)
    operations = {one.type for one in traced.graph.get_operations()}
    averages = [one.numpy() for one in layer.non_trainable_weights]
    return [np.asarray(one, "float64") for one in (outputs, *gradients, *averages)], operations


@pytest.mark.parametrize(
    ("settings", "dtype"),
    [
        ({}, "float32"),
        ({"momentum": 0.9, "epsilon": 0.1}, "float32"),
        ({"scale": False}, "float32"),
        ({"center": False}, "float32"),
        ({"scale": False, "center": False, "axis": 3}, "float32"),
        ({"dtype": "mixed_bfloat16"}, "bfloat16"),
        ({"dtype": "mixed_float16"}, "float16"),
    ],
    ids=str,
)
def test_computes_what_keras_computes(settings, dtype):
    x = tf.cast(IMAGES, dtype)
    expected, _ = train(keras.layers.BatchNormalization(**settings), x, fused=False)
    found, operations = train(keras.layers.BatchNormalization(**settings), x, fused=True)
    assert "FusedBatchNormV3" in operations
    tolerance = 1e-4 if dtype == "float32" else 2e-2
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance * np.abs(other).max())


class Halved(keras.layers.BatchNormalization):
    def _moments(self, inputs, mask):
        mean, variance = super()._moments(inputs, mask)
        return mean / 2, variance


@pytest.mark.parametrize(
    ("make", "x"),
    [
        (lambda: keras.layers.BatchNormalization(dtype="float64"), IMAGES),
        (lambda: keras.layers.BatchNormalization(axis=1), IMAGES.astype("float32")),
        (keras.layers.BatchNormalization, IMAGES[:, 0, 0].astype("float32")),
        (lambda: keras.layers.BatchNormalization(epsilon=1e-6), IMAGES.astype("float32")),
        (lambda: keras.layers.BatchNormalization(renorm=True), IMAGES.astype("float32")),
        (lambda: keras.layers.BatchNormalization(trainable=False), IMAGES.astype("float32")),
        (Halved, IMAGES.astype("float32")),
    ],
    ids=["float64", "axis 1", "vectors", "epsilon", "renorm", "frozen", "subclass"],
)
def test_leaves_the_rest_to_keras(make, x):
    expected, _ = train(make(), x, fused=False)
    found, operations = train(make(), x, fused=True)
    assert "FusedBatchNormV3" not in operations
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_keras_is_itself_again():
    plain = keras.layers.BatchNormalization.call
    with pytest.raises(KeyError), fused_normalization():
        raise KeyError
    assert keras.layers.BatchNormalization.call is plain
