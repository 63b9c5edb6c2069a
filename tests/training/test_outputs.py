import functools

import keras
import numpy as np
import pytest
from scipy.special import expit, softmax

from dlrecipes.losses import FocalLoss
from dlrecipes.training.outputs import last_activation, output_kind, to_probabilities

EXTREME = np.array([-1000.0, -80.0, -40.0, -1.5, 0.0, 1e-6, 3.0, 40.0, 80.0, 1000.0])


@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
def test_binary_logits(development, shape):
    spec = development("binary").spec
    found = to_probabilities(EXTREME.reshape(shape), "logits", spec)
    assert found.dtype == np.float32
    expected = np.stack([expit(-EXTREME), expit(EXTREME)], axis=1)
    np.testing.assert_allclose(found, expected.astype(np.float32), rtol=1e-6)
    # ---- a small probability is small, not nothing
    assert found[-3, 0] > 0
    assert found[2, 1] > 0


def test_binary_probabilities(development):
    found = to_probabilities(np.array([[0.25], [1.0]]), "probabilities", development("binary").spec)
    np.testing.assert_array_equal(found, np.float32([[0.75, 0.25], [0.0, 1.0]]))


def test_class_logits(development):
    generator = np.random.default_rng(0)
    logits = generator.normal(size=(50, 3)) * np.logspace(-3, 4, 50)[:, None]
    found = to_probabilities(logits, "logits", development().spec)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, softmax(logits, axis=1).astype(np.float32), rtol=1e-6)
    np.testing.assert_allclose(found.sum(axis=1), 1.0, rtol=1e-6)
    two = np.array([[1000.0, -1000.0], [0.0, 0.0]])
    np.testing.assert_array_equal(
        to_probabilities(two, "logits", development("binary").spec), [[1.0, 0.0], [0.5, 0.5]]
    )


def test_values(development):
    spec = development("regression").spec
    found = to_probabilities(np.array([[1.5], [-2.0]]), "values", spec)
    np.testing.assert_array_equal(found, np.float32([1.5, -2.0]))
    assert found.dtype == np.float32


def own_loss(y, outputs):
    return keras.ops.mean(outputs, axis=-1)


@pytest.mark.parametrize(
    ("loss", "activation", "kind"),
    [
        (keras.losses.SparseCategoricalCrossentropy(from_logits=True), None, "logits"),
        (keras.losses.SparseCategoricalCrossentropy(), "softmax", "probabilities"),
        ("sparse_categorical_crossentropy", "softmax", "probabilities"),
        ("sparse_categorical_crossentropy", None, "probabilities"),
        (keras.losses.sparse_categorical_crossentropy, "softmax", "probabilities"),
        (own_loss, None, "logits"),
        (own_loss, "softmax", "probabilities"),
        (
            functools.partial(keras.losses.sparse_categorical_crossentropy, from_logits=True),
            None,
            "logits",
        ),
        (FocalLoss(from_logits=True), None, "logits"),
        (FocalLoss(from_logits=False), "softmax", "probabilities"),
    ],
)
def test_what_the_outputs_are(make_model, development, loss, activation, kind):
    model = make_model(loss=loss, activation=activation)
    assert output_kind(model, development().spec) == kind
    assert output_kind(model, development("regression").spec) == "values"


def test_last_activation(make_model):
    assert last_activation(make_model()) == "linear"
    assert last_activation(make_model(activation="softmax")) == "softmax"
    nested = keras.Sequential([keras.Input((4,)), make_model(activation="sigmoid")])
    assert last_activation(nested) == "sigmoid"
    assert last_activation(keras.Sequential([nested, keras.layers.Softmax()])) == "softmax"
