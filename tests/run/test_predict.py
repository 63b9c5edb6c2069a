"""Predictions of a finished run, and its artifacts in interpreters of their own."""

import io

import numpy as np
import pandas
import pytest

import dlrecipes as dlr
from dlrecipes.errors import DataError
from dlrecipes.run import Run

SAVED_MODEL = """
import sys

import numpy as np
import tensorflow as tf

for run, task in zip(sys.argv[1::2], sys.argv[2::2]):
    loaded = tf.saved_model.load(run + "/saved_model")
    saved = np.load(run + "/test_predictions.npz")
    answer = loaded.signatures["serving_default"](x=tf.constant(saved["x"]))
    if task == "regression":
        assert set(answer) == {"value"}
        found = answer["value"].numpy()
        tolerance = 1e-5 * np.abs(found).max()
    else:
        assert set(answer) == {"probabilities", "class_index", "label"}
        found, tolerance = answer["probabilities"].numpy(), 1e-5
        names = loaded.signatures["class_names"]()["class_names"].numpy()
        index = found.argmax(axis=1)
        assert (answer["class_index"].numpy() == index).all()
        assert (answer["label"].numpy() == names[index]).all()
        print(task, *(name.decode() for name in names))
    assert found.dtype == np.float32
    assert np.abs(found - saved["predictions"][0]).max() <= tolerance
    # any number of examples
    assert len(loaded.signatures["serving_default"](x=tf.constant(saved["x"][:1]))) == len(answer)
assert not any(name.split(".")[0] == "dlrecipes" for name in sys.modules)
"""

KERAS = """
import sys

import numpy as np

import dlrecipes as dlr

saved = np.load(sys.argv[1] + "/test_predictions.npz")
model = dlr.load_model(sys.argv[1] + "/model.keras")
found = model.predict(saved["x"], verbose=0)
assert np.abs(found - saved["predictions"][0]).max() <= 1e-5
"""


@pytest.mark.slow
def test_saved_model_needs_tensorflow_only(finished, python):
    tasks = ("binary", "multiclass", "regression")
    printed = python(SAVED_MODEL, *(word for task in tasks for word in (finished(task), task)))
    assert printed.splitlines() == ["binary no yes", "multiclass high low middle"]


@pytest.mark.slow
def test_keras_file_in_another_interpreter(finished, python):
    python(KERAS, finished("binary"))


def test_predict_is_what_was_tested(finished):
    for task in ("binary", "multiclass", "regression"):
        run = Run(finished(task))
        with np.load(run.directory / "test_predictions.npz") as saved:
            x, tested = saved["x"], saved["predictions"][0]
        np.testing.assert_allclose(run.predict(x), tested, rtol=1e-5, atol=1e-6)


def _labels(run, x):
    predictions = run.predict(x)
    return [run.info.raw_spec.target.class_names[index] for index in predictions.argmax(axis=1)]


@pytest.mark.parametrize("header", [True, False])
def test_predict_from_csv(finished, tmp_path, header):
    run = Run(finished("multiclass"))
    with np.load(run.directory / "test_predictions.npz") as saved:
        x, y = saved["x"], saved["y"]
    frame = pandas.DataFrame(x, columns=list("abcd"))
    frame.to_csv(tmp_path / "x.csv", index=False, header=header)
    table = pandas.read_csv(io.StringIO(run.predict_table(tmp_path / "x.csv")))
    assert list(table.columns) == [
        "label",
        "probability high",
        "probability low",
        "probability middle",
    ]
    assert list(table["label"]) == _labels(run, x)
    accuracy = np.mean(table["label"] == np.array(["high", "low", "middle"])[y])
    assert accuracy == pytest.approx(run.result.refits[0].test["accuracy"])
    np.testing.assert_allclose(table.iloc[:, 1:].sum(axis=1), 1.0, atol=1e-5)


@pytest.mark.parametrize("names", [("x",), ("inputs",), ("x", "y")])
def test_predict_from_npz(finished, tmp_path, names):
    run = Run(finished("binary"))
    x = np.random.default_rng(3).normal(size=(7, 4)) + 5.0
    np.savez(tmp_path / "x.npz", **{name: x if name != "y" else x[:, 0] for name in names})
    table = pandas.read_csv(io.StringIO(run.predict_table(tmp_path / "x.npz")))
    assert list(table["label"]) == _labels(run, x)


def test_predict_values(finished):
    run = Run(finished("regression"))
    x = np.random.default_rng(3).normal(size=(7, 4)) + 5.0
    table = pandas.read_csv(io.StringIO(run.predict_table(x)))
    assert list(table.columns) == ["value"]
    np.testing.assert_allclose(table["value"], run.predict(x), rtol=1e-5)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.ones((2, 3)), r"must have the shape \(4,\).*an array with examples of shape \(3,\)"),
        (np.ones((0, 4)), r"at least one example"),
        (np.full((1, 4), np.nan), r"finite float32.*row 0"),
        (np.array([["a"] * 4]), r"must be numbers.*<U1"),
    ],
)
def test_wrong_arrays(finished, x, message):
    with pytest.raises(DataError, match=message):
        Run(finished("binary")).predict(x)


def test_exported_again_it_is_the_same(copied):
    run = dlr.Run(copied())
    before = run.result
    for name in ("saved_model", "keras"):
        path = run.export(name)
        assert path.exists()
        assert not list(run.directory.glob("unchecked*"))
    assert run.result.artifacts == before.artifacts
    assert run.result.test == before.test


def test_an_export_that_differs_is_not_kept(copied, monkeypatch):
    from dlrecipes.errors import ExportError
    from dlrecipes.run import exports

    run = dlr.Run(copied())
    before = {path: path.stat().st_mtime_ns for path in run.directory.rglob("*") if path.is_file()}
    honest = exports.predict_saved_model
    monkeypatch.setattr(exports, "predict_saved_model", lambda path, x: honest(path, x) + 1e-3)
    with pytest.raises(ExportError, match=r"reproduce the saved predictions.*off by 0\.001"):
        run.export("saved_model")
    after = {path: path.stat().st_mtime_ns for path in run.directory.rglob("*") if path.is_file()}
    assert after == before
