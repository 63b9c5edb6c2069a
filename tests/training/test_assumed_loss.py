"""A network that is not compiled: what its outputs are taken for, and that it is said."""

import keras
import numpy as np
import pytest

from dlrecipes.data import from_arrays
from dlrecipes.training.assumed_loss import compile_as_usual

X = np.random.default_rng(0).normal(size=(60, 4)).astype("float32")
KIND = np.arange(60) % 3


@pytest.mark.parametrize(
    ("y", "units", "activation", "said", "metric"),
    [
        (KIND, 3, None, "linear outputs are taken for logits", "accuracy"),
        (KIND, 3, "softmax", "softmax outputs are taken for probabilities", "accuracy"),
        (np.eye(3)[KIND], 3, None, "categorical_crossentropy", "accuracy"),
        (KIND == 0, 1, "sigmoid", "probabilities, and binary_crossentropy", "accuracy"),
        (KIND == 0, 1, None, "logits, and binary_crossentropy", "accuracy"),
        (X[:, 0], 1, None, "values, and mean_squared_error", "rmse"),
    ],
)
def test_what_is_assumed(y, units, activation, said, metric):
    splits = from_arrays(X, y)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(units, activation)])
    line = compile_as_usual(model, splits.raw_spec)
    assert said in line
    logs = model.evaluate(X, np.asarray(y), verbose=0, return_dict=True)
    assert set(logs) == {"loss", metric}
    shown = model.predict(X, verbose=0)
    if metric == "accuracy":
        labels = np.asarray(y).argmax(axis=1) if np.ndim(y) == 2 else np.asarray(y)
        level = 0.0 if activation is None else 0.5
        called = shown.argmax(axis=1) if units > 1 else shown[:, 0] > level
        assert logs["accuracy"] == pytest.approx((called == labels).mean())


class Shares(keras.layers.Layer):
    def call(self, x):
        return keras.ops.softplus(x) / keras.ops.sum(keras.ops.softplus(x), axis=-1, keepdims=True)


def test_outputs_of_unknown_meaning_are_not_guessed():
    spec = from_arrays(X, KIND).raw_spec
    for last in (Shares(), keras.layers.Dense(3, "hard_sigmoid")):
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), last])
        assert compile_as_usual(model, spec) == ""
        assert not model.compiled


def test_several_targets_have_no_usual_loss():
    splits = from_arrays(X, {"kind": KIND, "price": X[:, 0]})
    inputs = keras.Input((4,))
    model = keras.Model(inputs, {"kind": keras.layers.Dense(3)(inputs), "price": inputs[:, :1]})
    assert compile_as_usual(model, splits.raw_spec) == ""
    assert not model.compiled
