"""From a trained network to probabilities or values, exact where float32 is."""

import keras
import numpy as np
import pytest
from scipy.special import expit, log_softmax, softmax

from dlrecipes.export import build_inference_model, load_model
from dlrecipes.layers import InvertedDropout
from dlrecipes.losses import FocalLoss

LOGITS = {
    "binary": keras.losses.BinaryCrossentropy(from_logits=True),
    "multiclass": keras.losses.SparseCategoricalCrossentropy(from_logits=True),
}
PROBABILITIES = {"binary": "binary_crossentropy", "multiclass": "sparse_categorical_crossentropy"}


def _network(units, activation, loss, shape=(3,), inner=()):
    network = keras.Sequential(
        [keras.Input(shape), *inner, keras.layers.Dense(units, activation=activation)]
    )
    network.compile("sgd", loss)
    return network


@pytest.fixture
def x():
    return (20 * np.random.default_rng(0).normal(size=(50, 3))).astype("float32")


def test_one_logit(x, spec):
    network = _network(1, "linear", LOGITS["binary"])
    found = build_inference_model(network, None, spec("binary"), spec("binary")).predict(
        x, verbose=0
    )
    z = network.predict(x, verbose=0)[:, 0].astype(float)
    assert found.shape == (50, 2)
    np.testing.assert_allclose(found, np.stack([expit(-z), expit(z)], axis=1), rtol=1e-4)


def test_small_probability_of_a_large_logit_is_not_rounded_away(spec):
    network = _network(1, "linear", LOGITS["binary"])
    network.set_weights([np.array([[30.0], [0.0], [0.0]]), np.zeros(1)])
    model = build_inference_model(network, None, spec("binary"), spec("binary"))
    found = model.predict(np.array([[1.0, 0.0, 0.0], [-1.0, 0.0, 0.0]]), verbose=0)
    np.testing.assert_allclose(found[0, 0], expit(-30.0), rtol=1e-4)
    np.testing.assert_allclose(found[1, 1], expit(-30.0), rtol=1e-4)


@pytest.mark.parametrize(("units", "task"), [(2, "binary"), (3, "multiclass")])
def test_many_logits(x, spec, units, task):
    network = _network(units, "linear", LOGITS["multiclass"])
    found = build_inference_model(network, None, spec(task), spec(task)).predict(x, verbose=0)
    z = network.predict(x, verbose=0).astype(float)
    np.testing.assert_allclose(found, softmax(z, axis=1), rtol=1e-4, atol=1e-12)
    top = found.max(axis=1)
    np.testing.assert_allclose(np.log(top), log_softmax(z, axis=1).max(axis=1), atol=1e-5)


@pytest.mark.parametrize(
    ("units", "task", "activation", "loss"),
    [
        (1, "binary", "sigmoid", "binary"),
        (2, "binary", "softmax", "multiclass"),
        (3, "multiclass", "softmax", "multiclass"),
    ],
)
def test_probabilities_stay_as_they_are(x, spec, units, task, activation, loss):
    network = _network(units, activation, PROBABILITIES[loss])
    found = build_inference_model(network, None, spec(task), spec(task)).predict(x, verbose=0)
    p = network.predict(x, verbose=0)
    expected = np.concatenate([1 - p, p], axis=1) if units == 1 else p
    np.testing.assert_allclose(found, expected, atol=1e-7)
    np.testing.assert_allclose(found.sum(axis=1), 1.0, atol=1e-6)


def test_values(x, spec):
    network = _network(1, "linear", "mse")
    model = build_inference_model(network, None, spec("regression"), spec("regression"))
    found = model.predict(x, verbose=0)
    assert found.shape == (50,)
    np.testing.assert_allclose(found, network.predict(x, verbose=0)[:, 0])


def test_own_loss_from_logits(x, spec):
    network = _network(1, "linear", FocalLoss("binary", gamma=2.0))
    model = build_inference_model(network, None, spec("binary"), spec("binary"))
    z = network.predict(x, verbose=0)[:, 0].astype(float)
    np.testing.assert_allclose(model.predict(x, verbose=0)[:, 1], expit(z), rtol=1e-4)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16", "float32"])
def test_leaves_in_float32(x, spec, policy):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        network = _network(3, "linear", LOGITS["multiclass"])
        model = build_inference_model(network, None, spec(), spec())
    finally:
        keras.config.set_dtype_policy(before)
    found = model.predict(x, verbose=0)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.sum(axis=1), 1.0, atol=1e-5)


def test_preprocessing_is_in_front(x, spec):
    preprocess = keras.layers.Normalization()
    preprocess.adapt(x)
    network = _network(3, "linear", LOGITS["multiclass"])
    model = build_inference_model(network, preprocess, spec(), spec())
    z = network.predict(np.asarray(preprocess(x)), verbose=0).astype(float)
    np.testing.assert_allclose(model.predict(x, verbose=0), softmax(z, axis=1), atol=1e-6)


def test_is_not_compiled_and_drops_nothing(x, spec):
    network = _network(3, "linear", LOGITS["multiclass"], inner=[InvertedDropout(0.5)])
    model = build_inference_model(network, None, spec(), spec())
    assert not model.compiled
    found = [model.predict(x, verbose=0) for _ in range(2)]
    np.testing.assert_array_equal(*found)


@pytest.mark.slow
def test_own_layers_load_in_another_interpreter(tmp_path, x, spec, python):
    network = _network(3, "linear", LOGITS["multiclass"], inner=[InvertedDropout(0.5)])
    model = build_inference_model(network, None, spec(), spec())
    model.save(tmp_path / "model.keras")
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", model.predict(x, verbose=0))
    python(
        "import sys, numpy as np, dlrecipes as dlr\n"
        "x, y = np.load(sys.argv[1] + '/x.npy'), np.load(sys.argv[1] + '/y.npy')\n"
        "model = dlr.load_model(sys.argv[1] + '/model.keras')\n"
        "assert np.abs(model.predict(x, verbose=0) - y).max() < 1e-6",
        tmp_path,
    )


def test_load_model_errors(tmp_path):
    from dlrecipes.errors import ExportError

    with pytest.raises(ExportError, match=r"model's file must exist.*no\.keras"):
        load_model(tmp_path / "no.keras")
    (tmp_path / "cut.keras").write_bytes(b"PK\x03\x04")
    with pytest.raises(ExportError, match=r"must be a whole \.keras file.*register_keras"):
        load_model(tmp_path / "cut.keras")
