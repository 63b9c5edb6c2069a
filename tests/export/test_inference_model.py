"""From a trained network to probabilities or values, exact where float32 is."""

import keras
import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, log_softmax, softmax
from sklearn.metrics import log_loss

from dlrecipes.data import ColumnRules, Columns, TablePreprocess, TextTokens, from_table
from dlrecipes.diagnose.probabilities import at_temperature
from dlrecipes.export import (
    build_average_model,
    build_calibrated_model,
    build_inference_model,
    export_saved_model,
    load_model,
    predict,
    predict_saved_model,
)
from dlrecipes.layers import InvertedDropout
from dlrecipes.losses import FocalLoss

LOGITS = {
    "binary": keras.losses.BinaryCrossentropy(from_logits=True),
    "multiclass": keras.losses.SparseCategoricalCrossentropy(from_logits=True),
}
PROBABILITIES = {"binary": "binary_crossentropy", "multiclass": "sparse_categorical_crossentropy"}
LOSSES = {
    "binary": keras.losses.BinaryCrossentropy(from_logits=True),
    "multiclass": keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    "regression": keras.losses.MeanSquaredError(),
}


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


def _member(spec, inner=()):
    network = keras.Sequential(
        [keras.Input(spec.input_shape), *inner, keras.layers.Dense(spec.outputs)]
    )
    network.compile("sgd", LOSSES[spec.task])
    return build_inference_model(network, None, spec, spec)


@pytest.fixture
def members():
    """`members(spec)`: three models of preprocessed examples."""
    return lambda spec: [_member(spec) for _ in range(3)]


@pytest.mark.parametrize("task", list(LOSSES))
@pytest.mark.parametrize("with_preprocess", [True, False])
def test_the_mean_of_arrays(spec, members, task, with_preprocess):
    x = np.random.default_rng(0).normal(5, 3, size=(40, 3)).astype("float32")
    layer, features = None, x
    if with_preprocess:
        layer = keras.layers.Normalization()
        layer.adapt(x)
        features = np.asarray(layer(x))
    made = members(spec(task))
    average = build_average_model(made, layer, spec(task))
    expected = np.mean([np.asarray(one(features), dtype=float) for one in made], axis=0)
    found = np.asarray(average(x))
    assert found.dtype == np.float32
    assert found.shape == ((40,) if task == "regression" else (40, 2 if task == "binary" else 3))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    weights = [0.5, 0.2, 0.3]
    weighted = np.asarray(build_average_model(made, layer, spec(task), weights)(x))
    each = [np.asarray(one(features), dtype=float) for one in made]
    expected = np.average(each, axis=0, weights=weights)
    assert weighted.dtype == np.float32
    np.testing.assert_allclose(weighted, expected, rtol=1e-5, atol=1e-6)


def test_a_temperature_is_in_the_model(spec, members, tmp_path):
    x = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")
    (model, *_) = members(spec())
    assert build_calibrated_model(model, 1.0) is model
    calibrated = build_calibrated_model(model, 2.5)
    expected = at_temperature(np.asarray(model(x), dtype=float), 2.5)
    np.testing.assert_allclose(np.asarray(calibrated(x)), expected, rtol=1e-5)
    calibrated.save(tmp_path / "model.keras")
    np.testing.assert_array_equal(load_model(tmp_path / "model.keras")(x), calibrated(x))


def test_a_temperature_of_a_table_with_a_column_of_that_name(tmp_path):
    table = _table().rename(columns={"age": "temperature_scaling"})
    splits = from_table(table, "left")
    splits = splits.with_preprocess(TablePreprocess(splits.raw_spec.columns))
    network = keras.Sequential([keras.Input(splits.model_spec.input_shape), keras.layers.Dense(1)])
    network.compile("sgd", LOSSES["binary"])
    model = build_inference_model(network, splits.preprocess, splits.raw_spec, splits.model_spec)
    calibrated = build_calibrated_model(model, 2.0)
    raw = splits.validation.x
    expected = at_temperature(predict(model, raw).astype(float), 2.0)
    export_saved_model(calibrated, tmp_path / "model", splits.raw_spec)
    found = predict_saved_model(tmp_path / "model", raw)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_never_worse_than_the_members_are_on_average(spec, members):
    generator = np.random.default_rng(1)
    x, y = generator.normal(size=(60, 3)).astype("float32"), generator.integers(0, 3, 60)
    made = members(spec())
    average = build_average_model(made, None, spec())
    mean, *alone = [np.asarray(one(x), dtype=float) for one in (average, *made)]
    losses = [log_loss(y, one / one.sum(axis=1, keepdims=True)) for one in (mean, *alone)]
    assert losses[0] < np.mean(losses[1:])


def _table(rows=60):
    generator = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "age": generator.normal(40, 10, rows),
            "home town": generator.choice(["Oslo", "Rome"], rows),
            "since": pd.date_range("2020-01-01", periods=rows).strftime("%Y-%m-%d"),
            "left": generator.choice(["no", "yes"], rows),
        }
    )


def _texts(rows=60):
    generator = np.random.default_rng(0)
    words = generator.choice(["a film", "so dull", "it was", "great"], (rows, 3))
    return pd.DataFrame(
        {"text": [" ".join(one) for one in words], "left": generator.choice(["no", "yes"], rows)}
    )


@pytest.mark.parametrize(
    ("table", "kinds", "layer"),
    [(_table, {}, TablePreprocess), (_texts, {"text": "text"}, TextTokens)],
)
def test_raw_columns_through_file_and_saved_model(tmp_path, table, kinds, layer):
    splits = from_table(table(), "left", column_rules=ColumnRules(kinds=kinds))
    splits = splits.with_preprocess(layer(splits.raw_spec.columns))
    made = [_member(splits.model_spec) for _ in range(2)]
    average = build_average_model(made, splits.preprocess, splits.raw_spec)
    features = splits.development().validation.array
    expected = np.mean([np.asarray(one(features)) for one in made], axis=0)
    raw = splits.validation.x
    assert isinstance(raw, Columns)
    average.save(tmp_path / "ensemble.keras")
    loaded = load_model(tmp_path / "ensemble.keras")
    np.testing.assert_allclose(predict(loaded, raw), expected, atol=1e-6)
    export_saved_model(loaded, tmp_path / "ensemble", splits.raw_spec)
    np.testing.assert_allclose(predict_saved_model(tmp_path / "ensemble", raw), expected, atol=1e-6)


def test_members_that_share_layer_names(spec, tmp_path):
    # Builders name their layers; two members of one builder have the same names.
    made = [_member(spec(), [keras.layers.Dense(4, name="hidden")]) for _ in range(2)]
    average = build_average_model(made, None, spec())
    average.save(tmp_path / "ensemble.keras")
    x = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    found = np.asarray(load_model(tmp_path / "ensemble.keras")(x))
    np.testing.assert_allclose(found, np.mean([np.asarray(one(x)) for one in made], 0), atol=1e-6)
