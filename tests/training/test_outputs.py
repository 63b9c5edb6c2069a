import functools

import keras
import pytest

from dlrecipes.losses import FocalLoss
from dlrecipes.training.outputs import last_activation, output_kind


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
