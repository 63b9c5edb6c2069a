"""What networks predict: probabilities or values, whatever their last layer puts out."""

from dataclasses import replace
from functools import partial

import keras
import numpy as np
import pytest
from scipy.special import expit, softmax

from dlrecipes.results import ClassTarget, DataSpec, ValueTarget
from dlrecipes.training.predictions import as_predictions, predict_network

Z = np.random.default_rng(0).normal(scale=5.0, size=(11, 3)).astype("float32")


TWO, THREE = ClassTarget(class_names=("a", "b")), ClassTarget(class_names=("a", "b", "c"))


def spec(*targets):
    return DataSpec("data", (3,), "float32", "table", targets, 11)


def test_one_unit_has_two_columns():
    logits = Z[:, :1]
    found = np.asarray(as_predictions(logits, {"": "logits"}, spec(TWO)))
    np.testing.assert_allclose(found, np.hstack([expit(-logits), expit(logits)]), rtol=1e-5)
    shares = expit(logits)
    for outputs in (shares, shares[:, 0], [shares]):  # also a list of the one output
        found = np.asarray(as_predictions(outputs, {"": "probabilities"}, spec(TWO)))
        np.testing.assert_allclose(found, np.hstack([1 - shares, shares]), rtol=1e-5, atol=1e-7)


def test_many_units_and_values():
    np.testing.assert_allclose(
        as_predictions(Z, {"": "logits"}, spec(THREE)),
        softmax(Z.astype(float), axis=1),
        rtol=1e-5,
        atol=1e-9,
    )
    np.testing.assert_array_equal(as_predictions(Z, {"": "probabilities"}, spec(THREE)), Z)
    np.testing.assert_array_equal(
        as_predictions(Z[:, :1], {"": "values"}, spec(ValueTarget())), Z[:, 0]
    )


@pytest.mark.parametrize("rows", [1024, 4])
def test_a_network_is_asked_in_batches(monkeypatch, rows):
    monkeypatch.setattr("dlrecipes.training.predictions._BATCH", rows)
    layers = [keras.layers.BatchNormalization(), keras.layers.Dropout(0.9), keras.layers.Dense(2)]
    network = keras.Sequential([keras.Input((3,)), *layers])
    found = predict_network(partial(network, training=False), Z, {"": "logits"}, spec(TWO))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, keras.ops.softmax(network(Z)), rtol=1e-5)


def test_several_targets_are_side_by_side():
    def call(x):
        return {"price": x[:, :1], "kind": x}

    several = spec(replace(THREE, name="kind"), ValueTarget("price"))
    found = predict_network(call, Z, {"kind": "logits", "price": "values"}, several)
    assert found.shape == (11, 4)
    np.testing.assert_allclose(found[:, :3], softmax(Z.astype(float), axis=1), rtol=1e-5, atol=1e-9)
    np.testing.assert_array_equal(found[:, 3], Z[:, 0])
