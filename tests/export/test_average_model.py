"""The mean of several models, as NumPy computes it, in one model of raw inputs."""

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss

from dlrecipes.data import Columns, TablePreprocess, TextTokens, from_table
from dlrecipes.export import (
    build_average_model,
    build_inference_model,
    export_saved_model,
    load_model,
    predict,
    predict_saved_model,
)

LOSSES = {
    "binary": keras.losses.BinaryCrossentropy(from_logits=True),
    "multiclass": keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    "regression": keras.losses.MeanSquaredError(),
}


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
    [(_table, None, TablePreprocess), (_texts, {"text": "text"}, TextTokens)],
)
def test_raw_columns_through_file_and_saved_model(tmp_path, table, kinds, layer):
    splits = from_table(table(), "left", kinds=kinds)
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
