import functools
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlrecipes.losses import FocalLoss, MaskedLoss
from dlrecipes.training.outputs import activation_of, head_layer, output_kinds


def own_loss(y, outputs):
    return keras.losses.sparse_categorical_crossentropy(y, outputs, from_logits=True)


def own_loss_of_probabilities(y, outputs):
    chosen = keras.ops.one_hot(keras.ops.reshape(y, (-1,)), 3) * outputs
    return -keras.ops.log(keras.ops.sum(chosen, axis=-1))


@pytest.mark.parametrize(
    ("loss", "activation", "kind"),
    [
        (keras.losses.SparseCategoricalCrossentropy(from_logits=True), None, "logits"),
        (keras.losses.SparseCategoricalCrossentropy(), "softmax", "probabilities"),
        ("sparse_categorical_crossentropy", "softmax", "probabilities"),
        ("sparse_categorical_crossentropy", None, "shares"),  # which is refused
        ("sparse_categorical_crossentropy", "sigmoid", "shares"),
        ("sparse_categorical_crossentropy", "softplus", "shares"),
        (keras.losses.sparse_categorical_crossentropy, "softmax", "probabilities"),
        (own_loss, None, "logits"),
        (own_loss_of_probabilities, None, "shares"),
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
    assert output_kinds(model, development().model_spec) == {"": kind}
    assert output_kinds(model, development("regression").model_spec) == {"": "values"}


def test_last_activation(make_model, development):
    spec = development().model_spec

    def last(model):
        return activation_of(head_layer(model, spec.target, spec))

    assert last(make_model()) == "linear"
    assert last(make_model(activation="softmax")) == "softmax"
    nested = keras.Sequential([keras.Input((4,)), make_model(activation="sigmoid")])
    assert last(nested) == "sigmoid"
    assert last(keras.Sequential([nested, keras.layers.Softmax()])) == "softmax"


@keras.saving.register_keras_serializable("test_outputs")
class OwnSoftmax(keras.layers.Layer):
    def call(self, values):
        return tf.nn.softmax(values)


class Subclassed(keras.Model):
    def __init__(self, *endings):
        super().__init__()
        self.endings = [keras.layers.Dense(3), *endings]

    def call(self, values):
        for ending in self.endings:
            values = ending(values)
        return values


def functional(*endings):
    inputs = keras.Input((4,))
    values = keras.layers.Dense(3)(inputs)
    for ending in endings:
        values = ending(values)
    return keras.Model(inputs, values)


ENDINGS = {
    "linear": functional,
    "activation": lambda: functional(keras.layers.Activation("softmax")),
    "a function of Keras": lambda: functional(keras.activations.softmax),
    "an operation": lambda: functional(keras.ops.softmax),
    "a layer": lambda: functional(keras.layers.Softmax()),
    "nested": lambda: keras.Sequential([keras.Input((4,)), functional(keras.ops.softmax)]),
    "own layer": lambda: functional(OwnSoftmax()),
    "a linear activation after it": lambda: functional(
        keras.layers.Softmax(), keras.layers.Activation("linear")
    ),
    "a reshape after it": lambda: functional(keras.layers.Softmax(), keras.layers.Reshape((3,))),
    "a cast after it": lambda: functional(keras.layers.Softmax(dtype="bfloat16")),
    "subclassed": Subclassed,
    "subclassed, a layer": lambda: Subclassed(keras.layers.Softmax()),
    "subclassed, TensorFlow": lambda: Subclassed(OwnSoftmax()),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_outputs_are_what_keras_trains_them_as(development, ending):
    """By values: the log loss of what the outputs are said to be is the loss that Keras has."""
    data = development()
    model = ENDINGS[ending]()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss, jit_compile=False)
    part = data.validation
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras asks whether that was intended
        trained = model.evaluate(part.x, part.y, verbose=0)
    outputs = np.asarray(model(part.x), np.float32)
    if output_kinds(model, data.model_spec)[""] == "logits":
        outputs = np.asarray(tf.nn.softmax(outputs))
    log_loss = -np.log(outputs[np.arange(len(part)), part.y]).mean()
    assert log_loss == pytest.approx(trained, rel=5e-3)


@pytest.mark.parametrize(
    ("loss", "activation", "kind"),
    [
        (keras.losses.BinaryCrossentropy(from_logits=True), "sigmoid", "probabilities"),
        (keras.losses.BinaryCrossentropy(from_logits=True), None, "logits"),
        ([keras.losses.BinaryCrossentropy(from_logits=True)], "sigmoid", "probabilities"),
        (["binary_crossentropy"], None, "probabilities"),  # which is refused
        # It computes with the sigmoid of its outputs, whatever made them.
        (keras.losses.BinaryFocalCrossentropy(from_logits=True), "sigmoid", "logits"),
        (MaskedLoss(keras.losses.BinaryCrossentropy(from_logits=True)), "sigmoid", "probabilities"),
    ],
)
def test_one_unit(make_model, development, loss, activation, kind):
    model = make_model(units=1, loss=loss, activation=activation)
    assert output_kinds(model, development("binary").model_spec)[""] == kind


def weighted(y, outputs):
    y = keras.ops.cast(y, outputs.dtype)
    return (1.0 + 4.0 * y) * keras.ops.binary_crossentropy(y, outputs, from_logits=True)


@pytest.mark.parametrize(
    ("loss", "activation", "kind"),
    [
        ("hinge", None, "logits"),
        ("hinge", "tanh", "signs"),
        ("squared_hinge", "tanh", "signs"),
        ("hinge", "sigmoid", "probabilities"),
        ("mse", None, "shares"),
        ("mean_absolute_error", None, "shares"),
        ("mse", "sigmoid", "probabilities"),
        (weighted, None, "logits"),
    ],
)
def test_one_unit_by_what_the_loss_judges(make_model, development, loss, activation, kind):
    model = make_model(units=1, loss=loss, activation=activation)
    assert output_kinds(model, development("binary").model_spec)[""] == kind
