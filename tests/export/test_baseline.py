"""A baseline as files, loaded where there is no run, predicts from raw rows what it predicted."""

import json
import os
import sys

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import FunctionTransformer

from dlrecipes.baselines import FittedBaseline, fit_baselines, fit_gradient_boosting
from dlrecipes.baselines.grow_trees import CATBOOST, LIGHTGBM
from dlrecipes.data import TablePreprocess, from_arrays, from_table
from dlrecipes.errors import DataError, ExportError
from dlrecipes.export import load_baseline, save_baseline

skops_io = pytest.importorskip("skops.io", reason="pip install dlrecipes[trees]")
TREES = "boosted trees"
OTHERS = (LIGHTGBM, CATBOOST)


def _frame(rows=300):
    generator = np.random.default_rng(0)
    town, number = generator.integers(0, 6, rows), generator.normal(size=rows)
    effect = np.array([0.0, 2, 0.2, 1.5, -1, 0.4])[town] + number
    return pd.DataFrame(
        {
            "town": np.array(["Oslo", "Bergen", "Bø", "Ås", "Mo", "Å"])[town],
            "number": np.where(generator.random(rows) < 0.1, np.nan, number),
            "since": pd.date_range("2020-01-01", periods=rows).strftime("%d.%m.%Y"),
            "two": np.where(effect > 0.5, "yes", "no"),
            "three": np.array(["low", "middle", "high"])[np.digitize(effect, [-0.5, 0.8])],
            "value": 100 + 30 * effect,
            "count": generator.poisson(np.exp(effect / 2)),
        }
    )


FRAME, TARGETS = _frame(), ["two", "three", "value", "count"]


@pytest.fixture(scope="module")
def table():
    """`table(target)`: the splits of a table with a category, missing numbers and dates."""
    made = {}

    def make(target):
        if target not in made:
            frame = FRAME.drop(columns=[name for name in TARGETS if name != target])
            task = "count" if target == "count" else None
            splits = from_table(frame, target, task=task)
            made[target] = splits.with_preprocess(TablePreprocess(splits.raw_spec.columns))
        return made[target]

    return make


def fitted(splits, name):
    """Return a baseline as a run has it, of few rounds."""
    if name in (TREES, *OTHERS):
        rate = {TREES: 0.2, LIGHTGBM: 0.05, CATBOOST: 0.09}[name]
        choice = {"learning rate": rate, "rounds": 8, "columns": 3}
        model = fit_gradient_boosting(splits.development(), name=name, choice=choice)
        return FittedBaseline(lambda part: model(part.array), estimators={"": model.estimator})
    return fit_baselines(splits.development(), choices={name: {}})[name]


def round_trip(splits, name, folder):
    baseline = fitted(splits, name)
    save_baseline(baseline, splits, folder, name=name)
    return baseline, load_baseline(folder)


CASES = [(name, target) for name in (TREES, *OTHERS) for target in TARGETS] + [
    ("logistic regression", "two"),
    ("logistic regression", "three"),
    ("ridge regression", "value"),
    ("Poisson regression", "count"),
]


@pytest.mark.parametrize(("name", "target"), CASES)
def test_raw_rows_give_what_the_run_has_seen(table, name, target, tmp_path, request):
    if name in OTHERS:
        request.getfixturevalue("other_trees")
    splits = table(target)
    baseline, loaded = round_trip(splits, name, tmp_path)
    before = baseline(splits.development().validation)
    np.testing.assert_allclose(loaded.answers(splits.validation.x), before, rtol=1e-9)
    # ---- the same rows as a data frame, as a file, and one by one
    rows = FRAME.iloc[np.asarray(splits.validation.ids, dtype=int)].reset_index(drop=True)
    np.testing.assert_allclose(loaded.predict(rows), before, rtol=1e-9)
    rows.to_csv(tmp_path / "new.csv", index=False)
    np.testing.assert_allclose(loaded.predict(tmp_path / "new.csv"), before, rtol=1e-9)
    one = rows.iloc[0].to_dict()
    np.testing.assert_allclose(loaded.predict(one), before[:1], rtol=1e-6)
    # ---- and scikit-learn's own methods
    pipeline = loaded.pipelines[""]
    if target in ("two", "three"):
        np.testing.assert_allclose(pipeline.predict_proba(rows), before, rtol=1e-9)
        np.testing.assert_array_equal(pipeline.predict(rows), before.argmax(axis=1))
        label = loaded.predict_table(rows).splitlines()[1].split(",")[0]
        assert label == splits.raw_spec.target.class_names[int(before[0].argmax())]
    else:
        np.testing.assert_allclose(pipeline.predict(rows), before, rtol=1e-9)
        assert loaded.predict_table(rows).splitlines()[0] == "value"
    # ---- unknown towns and empty cells are no error
    strange = {"town": "Rome", "number": None, "since": None}
    assert np.isfinite(loaded.predict(strange)).all()
    assert not [file for file in tmp_path.iterdir() if "pickle" in file.suffix]


def test_the_files_are_those_of_the_libraries(table, other_trees, tmp_path):
    import catboost
    import lightgbm

    splits = table("value")
    matrix = splits.development().validation.array
    (tmp_path / "a").mkdir()
    baseline, _ = round_trip(splits, LIGHTGBM, tmp_path / "a")
    booster = lightgbm.Booster(model_file=tmp_path / "a" / "model.txt")
    columns = json.loads((tmp_path / "a" / "baseline.json").read_text())["parts"][0]["columns"]
    expected = baseline(splits.development().validation)
    np.testing.assert_allclose(booster.predict(matrix[:, columns]), expected)
    (tmp_path / "b").mkdir()
    round_trip(splits, CATBOOST, tmp_path / "b")
    assert catboost.CatBoost().load_model(str(tmp_path / "b" / "model.cbm")).tree_count_ == 8


def test_a_matrix_with_a_layer_of_keras_and_several_targets(tmp_path):
    generator = np.random.default_rng(0)
    x = generator.normal(5.0, 3.0, size=(150, 3)).astype("float32")
    splits = from_arrays(x, {"price": 10 * x[:, 0], "sold": x[:, 1] > 5})
    splits = splits.with_preprocess(keras.layers.Normalization())
    name = "logistic or ridge regression"
    choices = {name: {"sold: inverse penalty": 1.0, "price: penalty": 1.0}}
    baseline = fit_baselines(splits.development(), choices=choices)[name]
    save_baseline(baseline, splits, tmp_path, name=name)
    loaded = load_baseline(tmp_path)
    before = baseline(splits.development().validation)
    np.testing.assert_allclose(loaded.answers(splits.validation.x), before, rtol=1e-6)
    assert set(loaded.predict(x[:4])) == {"price", "sold"}
    assert "price value" in loaded.predict_table(x[:4]).splitlines()[0]


def test_a_threshold_decides(table, tmp_path):
    splits = table("two")
    baseline = fitted(splits, "logistic regression")
    save_baseline(baseline, splits, tmp_path, name="logistic regression", threshold=0.0)
    rows = FRAME.drop(columns=TARGETS)
    lines = load_baseline(tmp_path).predict_table(rows).splitlines()[1:]
    assert {line.split(",")[0] for line in lines} == {"yes"}


def test_what_a_stranger_has_put_into_a_file_is_not_loaded(table, tmp_path):
    round_trip(table("two"), "logistic regression", tmp_path)
    skops_io.dump(FunctionTransformer(os.system), tmp_path / "model.skops")
    with pytest.raises(ExportError, match=r"nothing but the parts of scikit-learn.*system"):
        load_baseline(tmp_path)


@pytest.mark.parametrize("name", ["logistic regression", *OTHERS])
def test_damaged_files_are_one_message(table, name, tmp_path, request):
    if name in OTHERS:
        request.getfixturevalue("other_trees")
    round_trip(table("two"), name, tmp_path)
    (model,) = tmp_path.glob("model.*")
    model.write_bytes(model.read_bytes()[:40])
    with pytest.raises(ExportError, match=rf"must be whole.*{model.name}.*written with"):
        load_baseline(tmp_path)
    model.unlink()
    with pytest.raises(ExportError, match="must be whole"):
        load_baseline(tmp_path)
    (tmp_path / "baseline.json").unlink()
    with pytest.raises(ExportError, match=r"folder with a `baseline\.json`.*--baseline writes"):
        load_baseline(tmp_path)


def test_rows_that_do_not_fit_are_one_message(table, tmp_path):
    _, loaded = round_trip(table("two"), "logistic regression", tmp_path)
    with pytest.raises(DataError, match="town"):
        loaded.predict(pd.DataFrame({"number": [1.0], "since": ["01.02.2020"]}))
    with pytest.raises(DataError, match="must exist"):
        loaded.predict(tmp_path / "none.csv")


def test_without_skops_there_is_one_message(table, tmp_path, monkeypatch):
    baseline = fitted(table("two"), "logistic regression")
    monkeypatch.setitem(sys.modules, "skops", None)
    monkeypatch.setitem(sys.modules, "skops.io", None)
    with pytest.raises(ExportError, match=r"skops, without pickle.*dlrecipes\[trees\]"):
        save_baseline(baseline, table("two"), tmp_path, name="logistic regression")


def test_what_a_baseline_cannot_take_along(table, tmp_path):
    splits = from_arrays(np.random.default_rng(0).normal(size=(600, 2)), np.arange(600) % 2)
    own = splits.with_preprocess(keras.layers.Normalization(), test_statistics="own")
    baseline = FittedBaseline(lambda part: np.zeros(len(part)))
    with pytest.raises(ExportError, match="learned from the training part"):
        save_baseline(baseline, own, tmp_path, name="none")
    several = from_arrays({"a": np.zeros((60, 2)), "b": np.ones((60, 1))}, np.arange(60) % 2)
    with pytest.raises(ExportError, match=r"one table or one array.*a, b"):
        save_baseline(baseline, several, tmp_path, name="none")
