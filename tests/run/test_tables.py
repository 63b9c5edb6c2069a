"""A table from its file to a SavedModel that takes the raw columns."""

import functools
import io
import shutil
import subprocess
import sys
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import dlrecipes as dlr
from dlrecipes.data import Columns
from dlrecipes.errors import DataError, DataWarning
from dlrecipes.recipe import load_recipe
from dlrecipes.results import Plan, RunSettings, Stage
from dlrecipes.run import predict_inputs
from dlrecipes.rundir import RunDirectory

PLAN = Plan((Stage("only", 1, 2, "random", "none"),), batch_size=32, refit_seeds=1)

SERVE = """
import json
import sys

import numpy as np
import tensorflow as tf

loaded = tf.saved_model.load(sys.argv[1] + "/saved_model")
serve = loaded.signatures["serving_default"]
saved = np.load(sys.argv[1] + "/test_predictions.npz")
columns = {name: saved[name] for name in saved.files if name.startswith("x:")}
names = {"x:age": "age", "x:home town": "home_town", "x:since": "since", "x:note": "note"}
batch = {names[name]: tf.constant(values) for name, values in columns.items()}
found = serve(**batch)["probabilities"].numpy()
assert np.abs(found - saved["predictions"][0]).max() <= 1e-5
for row in range(5):
    one = {name: values[row : row + 1] for name, values in batch.items()}
    assert np.abs(serve(**one)["probabilities"].numpy() - found[row]).max() <= 1e-5
odd = {
    "age": tf.constant([np.nan, 1e9]), "home_town": tf.constant(["", "Atlantis"]),
    "since": tf.constant(["", "9999-12-31"]), "note": tf.constant(["", "unheard-of words"]),
}
assert np.isfinite(serve(**odd)["probabilities"].numpy()).all()
# ---- dates as the training table wrote them are those that it had
dates = columns["x:since"].tolist()
own = ["/".join((date[5:7], date[8:10], date[:4])) for date in dates]
again = serve(**batch | {"since": tf.constant(own)})["probabilities"].numpy()
assert np.array_equal(again, found)
try:
    serve(**odd | {"since": tf.constant(["", "31/12/2024"])})
except tf.errors.InvalidArgumentError as error:
    assert "Column since must hold dates such as 05/31/2024, or" in str(error), error
    assert "Received: 31/12/2024" in str(error), error
else:
    raise AssertionError("a date that cannot be read was taken for a missing one")
assert not any(name.split(".")[0] == "dlrecipes" for name in sys.modules)
"""


def people(rows=240, seed=0):
    generator = np.random.default_rng(seed)
    age = generator.normal(40, 10, rows).round(1)
    town = generator.choice(["Oslo", "Rome", "São Paulo"], rows)
    words = ["glad", "tired", "late", "busy", "well", "here", "gone", "soon", "much", "more"]
    note = [" ".join(generator.choice(words, 4)) for _ in range(rows)]
    return pd.DataFrame(
        {
            "age": np.where(generator.random(rows) < 0.1, np.nan, age),
            "home town": np.where(generator.random(rows) < 0.1, None, town),
            "since": pd.date_range("2020-01-01", periods=rows, freq="3D").strftime("%m/%d/%Y"),
            "note": np.where(generator.random(rows) < 0.1, None, note),
            "left": np.where((age > 40) ^ (town == "Oslo"), "yes", "no"),
        }
    )


@pytest.fixture(scope="module", autouse=True)
def _models_are_loaded_once():
    with pytest.MonkeyPatch.context() as patch:
        for name in ("load_model", "load_tested"):
            patch.setattr(predict_inputs, name, functools.cache(getattr(predict_inputs, name)))
        yield


@pytest.fixture(scope="module")
def run(tmp_path_factory, table_recipe, end_untried):
    folder = tmp_path_factory.mktemp("table")
    sex = np.random.default_rng(1).choice(["f", "m"], 240)
    table = people().assign(sex=sex, number=np.arange(1000, 1240))
    table.insert(0, "badge", [f"badge-{row}" for row in range(240)])
    table.to_csv(folder / "people.csv", index=False)
    return load_recipe(table_recipe).tune(
        plan=PLAN,
        settings=RunSettings(out=folder / "run", engine="resident"),
        data=str(folder / "people.csv"),
        target="left",
        drop=["sex", "number"],
        subgroup=["sex", "home town"],
    )


def test_the_whole_procedure(run):
    result = run.result
    assert result.stages[0].trials.completed == 1
    assert {"boosted trees", "logistic regression"} <= set(result.baselines)
    assert set(result.artifacts) == {"saved_model", "keras", "report"}
    kinds = [one.kind for one in run.info.raw_spec.columns]
    assert kinds == ["number", "category", "date", "text"]
    assert sum(one.kind == "weight" for one in run.info.spec.features) == 10
    report = (run.directory / "report.html").read_text()
    assert "home town" in report


def test_subgroups(run):
    result = run.result
    kinds = [(one.part, one.column) for one in result.subgroups]
    columns = ("sex", "home town")
    assert kinds == [(part, column) for part in ("validation", "test") for column in columns]
    with np.load(run.directory / "test_predictions.npz") as saved:
        inside = saved["subgroup:sex"] == "f"
        right = saved["predictions"][0].argmax(axis=1) == saved["y"]
        towns = set(saved["subgroup:home town"])
    women = result.subgroups[2].groups[0]
    assert (women.group, women.examples) == ("f", inside.sum())
    assert women.measures["accuracy"].value == pytest.approx(right[inside].mean())
    assert {one.group for one in result.subgroups[3].groups} == towns
    assert "missing" in towns
    assert sum(one.name == "subgroups" for one in result.findings) == 2
    assert "sex on the test part" in (run.directory / "report.html").read_text()


def test_predictions_of_a_file(run, tmp_path):
    new = people(7, seed=5)
    new.loc[0, "home town"] = "Atlantis"
    new.loc[1, "note"] = "unheard-of words"
    order = ["since", "more", "note", "home town", "age"]
    new.drop(columns="left").assign(more=1)[order].to_csv(tmp_path / "new.csv", index=False)
    found = run.predict(tmp_path / "new.csv")
    assert found.shape == (7, 2)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    columns = Columns({name: new[name] for name in ("age", "home town", "since", "note")})
    np.testing.assert_allclose(run.predict(columns), found, atol=1e-6)
    np.testing.assert_allclose(run.predict(columns[3:4]), found[3:4], atol=1e-5)
    assert run.predict_table(columns).startswith("label,probability no,probability yes")


def test_identifiers_tell_which_row_a_prediction_is_of(run, tmp_path):
    assert run.info.raw_spec.identifiers == ("badge", "number")
    new = people(5, seed=5).assign(number=range(5), sex="f", badge=["x", "y, z", None, "ü", "007"])
    new.to_csv(tmp_path / "new.csv", index=False)
    new.to_parquet(tmp_path / "new.parquet")
    found = run.predict(new)
    for inputs in (tmp_path / "new.csv", tmp_path / "new.parquet", new.set_axis(range(7, 12))):
        table = pd.read_csv(io.StringIO(run.predict_table(inputs)), dtype={"badge": str})
        assert list(table.columns[:3]) == ["number", "badge", "label"]
        assert table["number"].tolist() == [0, 1, 2, 3, 4]
        assert table["badge"].fillna("").tolist() == ["x", "y, z", "", "ü", "007"]
        np.testing.assert_allclose(table["probability yes"], found[:, 1], atol=1e-6)
    assert run.predict_table(new.drop(columns="number")).startswith("badge,label")
    # ---- a frame without them has its own index
    bare = new.drop(columns=["number", "badge"])
    named = pd.read_csv(io.StringIO(run.predict_table(bare.set_axis(list("vwxyz")))))
    assert named["index"].tolist() == list("vwxyz")
    deep = bare.set_axis(pd.MultiIndex.from_product([["a"], range(5)], names=["shop", None]))
    assert run.predict_table(deep).startswith("shop,index 1,label")
    assert run.predict_table(bare).startswith("label,")
    plain = people(7, seed=5).assign(sex="f", number=range(7))
    plain.insert(0, "badge", list("abcdefg"))
    plain.to_csv(tmp_path / "plain.csv", index=False, header=False)
    assert run.predict_table(tmp_path / "plain.csv").startswith("badge,number,label")


def test_a_column_with_the_name_of_an_answer_keeps_its_values(run, monkeypatch):
    new = people(3).assign(label=[7, 8, 9])
    info = run.info
    spec = replace(info.raw_spec, identifiers=("label",))
    monkeypatch.setattr(
        "dlrecipes.rundir.RunDirectory.read_info", lambda _: replace(info, raw_spec=spec)
    )
    table = pd.read_csv(io.StringIO(run.predict_table(new)))
    assert list(table.columns[:2]) == ["label (input)", "label"]
    assert table["label (input)"].tolist() == [7, 8, 9]


@pytest.mark.parametrize("left_out", [("badge", "sex", "number", "left"), ("left",), ()])
def test_predictions_of_a_file_without_a_header(run, tmp_path, left_out):
    new = people(7, seed=5).assign(sex="f", number=range(7))
    new.insert(0, "badge", list("abcdefg"))
    new.to_csv(tmp_path / "named.csv", index=False)
    new.drop(columns=list(left_out)).to_csv(tmp_path / "plain.csv", index=False, header=False)
    expected = run.predict(tmp_path / "named.csv")
    np.testing.assert_array_equal(run.predict(tmp_path / "plain.csv"), expected)
    np.testing.assert_array_equal(run.predict(tmp_path / "plain.csv", header=False), expected)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop(columns="age"), "none named 'age'"),
        (lambda t: t.assign(age="old"), "Column 'age' must hold numbers"),
    ],
)
def test_files_that_do_not_fit(run, tmp_path, change, message):
    change(people(30)).to_csv(tmp_path / "new.csv", index=False)
    with pytest.raises(DataError, match=message):
        run.predict(tmp_path / "new.csv")


def test_inputs_that_do_not_fit(run):
    with pytest.raises(DataError, match="takes a file, a DataFrame, a dictionary"):
        run.predict(np.ones((3, 3)))
    with pytest.raises(DataError, match="The column 'home town' must be there"):
        run.predict(Columns({"age": [1.0], "since": [""], "note": [""]}))


@pytest.mark.slow
def test_the_saved_model_takes_raw_columns(run):
    subprocess.run([sys.executable, "-c", SERVE, str(run.directory)], check=True)


def test_what_training_did_not_have_is_said(run, tmp_path):
    new = people(60, seed=5)
    new.to_csv(tmp_path / "usual.csv", index=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error", DataWarning)
        run.predict(tmp_path / "usual.csv")
        for row in range(3):
            new[row : row + 1].to_csv(tmp_path / "row.csv", index=False)
            run.predict(tmp_path / "row.csv")
    new["home town"] = new["home town"].str.upper()
    new.to_csv(tmp_path / "loud.csv", index=False)
    with pytest.warns(DataWarning, match=r"cells of 'home town' are values that training did not"):
        run.predict(tmp_path / "loud.csv")
    new.assign(age=new["age"] * 100, note="quite other words").to_csv(tmp_path / "far.csv")
    with pytest.warns(DataWarning) as caught:
        run.predict(tmp_path / "far.csv")
    said = "\n".join(str(warning.message) for warning in caught)
    assert "cells of 'age' are outside the range of training" in said
    assert "cells of 'note' are texts with more unknown words" in said
    assert "Write them as in the training table" in said
    unknown = run.result.test.unknown
    assert unknown.severity == "info"
    assert "unknown values" in (run.directory / "report.html").read_text()


def test_rows_unlike_those_of_training_are_said(run, tmp_path):
    new = people(60, seed=5)
    unlike = new.assign(age=new["age"].quantile(0.9))
    with pytest.warns(DataWarning, match="otherwise than those of training in 1 input: 'age'"):
        run.predict(unlike)
    before = shutil.copytree(run.directory, tmp_path / "before")
    (before / "training_inputs.json").unlink()  # as an earlier version left it
    with warnings.catch_warnings():
        warnings.simplefilter("error", DataWarning)
        dlr.Run(before).predict(unlike)
        run.predict(unlike[:20])


@pytest.mark.slow
def test_dna_from_a_file_to_predictions(tmp_path):
    table = dlr.lesson.make_promoters(240).assign(age=np.linspace(20.0, 30.5, 240))
    table.to_csv(tmp_path / "sites.csv", index=False)
    run = load_recipe("tabular").tune(
        plan=PLAN,
        settings=RunSettings(out=tmp_path / "run"),
        data=str(tmp_path / "sites.csv"),
        target="promoter",
    )
    assert [column.kind for column in run.info.raw_spec.columns] == ["dna", "number"]
    assert "motifs" in [one.name for one in RunDirectory(run.directory).read_study().space]
    new = dlr.lesson.make_promoters(7, seed=5).assign(age=25.0)
    new.loc[0, "sequence"] = ""
    new.drop(columns="promoter").to_csv(tmp_path / "new.csv", index=False)
    found = run.predict(tmp_path / "new.csv")
    capitals = new.assign(sequence=new["sequence"].str.upper())
    np.testing.assert_allclose(run.predict(capitals), found, atol=1e-5)
    with pytest.raises(DataError, match="must hold DNA"):
        run.predict(new.assign(sequence="ACGX"))
