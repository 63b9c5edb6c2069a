"""The SavedModel's signatures, and the comparison before success is claimed."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlrecipes.errors import ExportError
from dlrecipes.export import (
    build_inference_model,
    check_same_predictions,
    export_saved_model,
    predict_saved_model,
)
from dlrecipes.export.saved_model import _served, _untracked


def _model(spec, units, shape=(3,)):
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network = keras.Sequential(
        [keras.Input(shape), keras.layers.Flatten(), keras.layers.Dense(units)]
    )
    network.compile("sgd", "mse" if spec.task == "regression" else loss)
    return build_inference_model(network, None, spec, spec)


@pytest.mark.parametrize("shape", [(3,), (2, 2, 1)])
def test_signatures(tmp_path, spec, shape):
    data = spec("multiclass", shape, classes=("Äpfel", "b c", "0"))
    model = _model(data, 3, shape)
    export_saved_model(model, tmp_path / "m", data)
    loaded = tf.saved_model.load(str(tmp_path / "m"))
    serve = loaded.signatures["serving_default"]
    (_, inputs) = serve.structured_input_signature
    assert inputs["x"].shape.as_list() == [None, *shape]
    assert inputs["x"].dtype == tf.float32
    x = np.random.default_rng(0).normal(size=(5, *shape)).astype("float32")
    answer = serve(x=tf.constant(x))
    assert {name: value.dtype for name, value in answer.items()} == {
        "probabilities": tf.float32,
        "class_index": tf.int32,
        "label": tf.string,
    }
    index = model.predict(x, verbose=0).argmax(axis=1)
    assert [one.decode() for one in answer["label"].numpy()] == [
        data.target.class_names[at] for at in index
    ]
    names = loaded.signatures["class_names"]()["class_names"].numpy()
    assert tuple(one.decode() for one in names) == data.target.class_names


def test_values(tmp_path, spec):
    data = spec("regression")
    model = _model(data, 1)
    export_saved_model(model, tmp_path / "m", data)
    x = np.random.default_rng(0).normal(size=(600, 3)).astype("float32")
    found = predict_saved_model(tmp_path / "m", x)
    assert found.shape == (600,)
    np.testing.assert_allclose(found, model.predict(x, verbose=0), rtol=1e-5, atol=1e-6)
    whole = np.round(3 * x)
    expected = predict_saved_model(tmp_path / "m", whole)
    for dtype in ("int32", "int64", "float64", "int8"):
        answers = predict_saved_model(tmp_path / "m", whole.astype(dtype))
        np.testing.assert_array_equal(answers, expected)


def test_fractions_are_no_whole_numbers(tmp_path, spec):
    data = dataclasses.replace(spec("regression"), input_dtype="int32")
    network = keras.Sequential([keras.Input((3,), dtype="int32"), keras.layers.Rescaling(0.5)])
    network.add(keras.layers.Dense(1))
    network.compile("sgd", "mse")
    export_saved_model(build_inference_model(network, None, data, data), tmp_path / "m", data)
    whole = np.arange(6).reshape(2, 3)
    assert predict_saved_model(tmp_path / "m", whole.astype("int64")).shape == (2,)
    with pytest.raises(tf.errors.InvalidArgumentError):
        predict_saved_model(tmp_path / "m", whole + 0.9)


def test_replaces_an_older_one(tmp_path, spec):
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "left.txt").write_text("old")
    export_saved_model(_model(spec(), 3), tmp_path / "m", spec())
    assert not (tmp_path / "m" / "left.txt").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


class _Squares(keras.layers.Layer):
    """Looks up squares, in a table that it holds or hides deeper inside."""

    def __init__(self, hidden=False):
        super().__init__()
        numbers = tf.range(10, dtype=tf.int64)
        squares = tf.lookup.KeyValueTensorInitializer(numbers, numbers**2)
        self.table = tf.lookup.StaticHashTable(squares, -1)
        if hidden:
            self.table = _Holder(self.table)

    def call(self, x):
        table = self.table.table if isinstance(self.table, _Holder) else self.table
        return tf.cast(table.lookup(tf.cast(x, tf.int64)), tf.float32)

    def compute_output_shape(self, shape):
        return shape


class _Holder(tf.Module):
    def __init__(self, table):
        self.table = table


@pytest.mark.parametrize("hidden", [False, True])
def test_lookup_tables_go_with_it(tmp_path, spec, hidden):
    data = spec("regression", (1,))
    inputs = keras.Input((1,))
    layer = _Squares(hidden)
    model = keras.Model(inputs, layer(inputs)[:, 0])
    graph = _served(model, data).get_concrete_function()
    found = _untracked(graph, model)
    assert found == [model] if hidden else found == [layer.table]
    export_saved_model(model, tmp_path / "m", data)
    answers = predict_saved_model(tmp_path / "m", np.array([[3.0], [5.0], [11.0]], "float32"))
    assert answers.tolist() == [9, 25, -1]


def test_nothing_is_looked_for_beside_variables(spec):
    model = _model(spec(), 3)
    graph = _served(model, spec()).get_concrete_function()
    assert len(graph.variables) == 2
    assert _untracked(graph, model) == []


@pytest.mark.parametrize(
    ("policy", "off", "fine"),
    [
        ("float32", 5e-6, True),
        ("float32", 5e-5, False),
        ("mixed_float16", 1e-3, True),
        ("mixed_float16", 1e-2, False),
        ("mixed_bfloat16", 2e-2, True),
        ("mixed_bfloat16", 1e-1, False),
        ("float64", 5e-5, False),
        ("float32", np.nan, False),
    ],
)
def test_tolerance(spec, policy, off, fine):
    tested = np.full((4, 2), 0.5, dtype=np.float32)
    exported = tested.astype(float)
    exported[2, 1] += off
    if fine:
        largest = check_same_predictions(exported, tested, spec(), policy=policy, what="m")
        assert largest == pytest.approx(off, rel=0.1)
        return
    with pytest.raises(ExportError, match=r"reproduce the saved predictions.*m, off by"):
        check_same_predictions(exported, tested, spec(), policy=policy, what="m")


def test_tolerance_is_relative_for_large_values(spec):
    tested = np.array([1e6, -1e6])
    assert check_same_predictions(tested + 1.0, tested, spec(), policy="float32", what="m") < 1e-5
    with pytest.raises(ExportError, match="off by"):
        check_same_predictions(tested + 100.0, tested, spec(), policy="float32", what="m")


def test_another_shape(spec):
    with pytest.raises(ExportError, match=r"m with predictions of shape \(4, 3\), not \(4, 2\)"):
        check_same_predictions(np.ones((4, 3)), np.ones((4, 2)), spec(), policy="float32", what="m")


def test_tampered_model_is_noticed(tmp_path, spec):
    model = _model(spec(), 3)
    x = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")
    tested = model.predict(x, verbose=0)
    export_saved_model(model, tmp_path / "m", spec())
    honest = predict_saved_model(tmp_path / "m", x)
    assert check_same_predictions(honest, tested, spec(), policy="float32", what="m") <= 1e-5
    kernel, bias = model.get_weights()
    model.set_weights([kernel, bias + [0.001, 0.0, 0.0]])
    export_saved_model(model, tmp_path / "m", spec())
    found = predict_saved_model(tmp_path / "m", x)
    with pytest.raises(ExportError, match="must reproduce"):
        check_same_predictions(found, tested, spec(), policy="float32", what="m")
