"""The labels are handed to Keras as loss and metrics are written for them."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlrecipes.data import from_arrays, keras_targets
from dlrecipes.results import TargetForm
from dlrecipes.training.label_form import fit_forms

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(60, 4)).astype("float32")
THREE = np.array(["ant", "bee", "cat"])[GENERATOR.integers(0, 3, 60)]
TWO = np.array(["no", "yes"])[GENERATOR.integers(0, 2, 60)]
VALUE = X.sum(axis=1)


def r_squared(target, predicted):
    rest = tf.reduce_sum(tf.square(target - predicted))
    return 1.0 - rest / tf.reduce_sum(tf.square(target - tf.reduce_mean(target)))


def right_share(target, predicted):
    """Written for a column of floating-point labels."""
    return tf.reduce_mean(target * predicted + (1.0 - target) * (1.0 - predicted))


def softmax(loss, *metrics, units=3):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(units, activation="softmax")])
    model.compile("sgd", loss, metrics=list(metrics))
    return model


def one_unit(loss, *metrics, activation="sigmoid"):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, activation=activation)])
    model.compile("sgd", loss, metrics=list(metrics))
    return model


ROWS = TargetForm((3,), "float32", found=True)
COLUMN = TargetForm((1,), found=True)
FLOATS = TargetForm((1,), "float32", found=True)


@pytest.mark.parametrize(
    ("model", "y", "form"),
    [
        (lambda: softmax("sparse_categorical_crossentropy", "accuracy"), THREE, TargetForm()),
        (lambda: softmax("categorical_crossentropy", "accuracy"), THREE, ROWS),
        (lambda: softmax("categorical_crossentropy", keras.metrics.F1Score("macro")), THREE, ROWS),
        (lambda: softmax("categorical_crossentropy", "categorical_accuracy"), THREE, ROWS),
        (lambda: softmax("mse", keras.metrics.Precision(), keras.metrics.AUC()), THREE, ROWS),
        (lambda: softmax(keras.losses.CategoricalFocalCrossentropy()), THREE, ROWS),
        (
            lambda: softmax("categorical_crossentropy", units=5),
            THREE,
            TargetForm((5,), "float32", found=True),
        ),
        (
            lambda: softmax("sparse_categorical_crossentropy", "accuracy"),
            keras.utils.to_categorical(np.unique(THREE, return_inverse=True)[1]),
            TargetForm(found=True),
        ),
        (lambda: one_unit("binary_crossentropy", "accuracy"), TWO, TargetForm()),
        (lambda: one_unit("binary_crossentropy", keras.metrics.AUC()), TWO, TargetForm()),
        (lambda: one_unit("binary_crossentropy", keras.metrics.F1Score()), TWO, COLUMN),
        (lambda: one_unit("binary_crossentropy", right_share), TWO, FLOATS),
        (lambda: one_unit("mse", r_squared, activation=None), VALUE, COLUMN),
        (lambda: one_unit("mse", r_squared, activation=None), VALUE[:, None], TargetForm((1,))),
        (lambda: one_unit("mse", "mae", activation=None), VALUE, TargetForm()),
    ],
)
def test_the_form_that_is_found(model, y, form):
    splits = from_arrays(X, y)
    (target,) = fit_forms(model(), splits.development())
    assert target.form == form


def test_what_is_computed_is_what_keras_computes_with_labels_written_by_hand():
    splits = from_arrays(X, THREE)
    model = softmax("categorical_crossentropy", "accuracy", keras.metrics.F1Score("macro"))
    found = splits.with_targets(fit_forms(model, splits.development()))
    part = found.validation
    ours = model.evaluate(
        part.x, keras_targets(part.y, found.raw_spec), verbose=0, return_dict=True
    )
    by_hand = keras.utils.to_categorical(part.y, 3)
    assert ours == model.evaluate(part.x, by_hand, verbose=0, return_dict=True)
    right = np.mean(model.predict(part.x, verbose=0).argmax(1) == part.y)
    assert ours["accuracy"] == pytest.approx(right)


def test_two_heads_are_told_apart():
    splits = from_arrays(X, {"kind": THREE, "sum": VALUE})
    inputs = keras.Input((4,))
    kind = keras.layers.Dense(3, activation="softmax", name="kind")(inputs)
    model = keras.Model(inputs, {"kind": kind, "sum": keras.layers.Dense(1, name="sum")(inputs)})
    model.compile("sgd", {"kind": "categorical_crossentropy", "sum": "mse"})
    forms = [target.form for target in fit_forms(model, splits.development())]
    assert forms[0] == ROWS
    assert forms[1].shape in ((), (1,))
