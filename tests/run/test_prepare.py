"""The end of a run: tried before the search, and its report is never lost."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from dlrecipes.data import TableReading, from_arrays, load_table
from dlrecipes.errors import ExportError, RunError
from dlrecipes.export import predict_saved_model
from dlrecipes.recipe import load_recipe
from dlrecipes.results import Plan, RunSettings, Stage
from dlrecipes.run import Run
from dlrecipes.run.prepare import try_ending
from dlrecipes.rundir import RunDirectory
from dlrecipes.search import run_builder


def test_a_network_that_can_be_exported(splits, build):
    try_ending(run_builder(build), splits, "float32")


def test_a_saved_model_that_answers_otherwise_is_noticed(splits, build, monkeypatch):
    monkeypatch.setattr(
        "dlrecipes.run.prepare.predict_saved_model",
        lambda path, x: predict_saved_model(path, x)[::-1],
    )
    with pytest.raises(ExportError, match=r"reproduce.*the untrained SavedModel, off by"):
        try_ending(run_builder(build), splits, "float32")


def test_names_of_rows_are_kept_in_a_file_before_the_search(build, monkeypatch):
    x = np.random.default_rng(0).normal(size=(120, 4))
    ids = pd.Series([f"row {at}" for at in range(120)], dtype=object)
    splits = from_arrays(x, np.where(x[:, 0] > 0, "yes", "no"), ids=ids, name="rows")
    try_ending(run_builder(build), splits, "float32")

    def pickled(self, ids, *rest, part):
        np.savez(self.predictions, ids=ids.astype(object))

    monkeypatch.setattr(RunDirectory, "write_predictions", pickled)
    with pytest.raises(RunError, match="saved predictions must be whole"):
        try_ending(run_builder(build), splits, "float32")


def test_what_cannot_be_exported_is_reported_all_the_same(copied, monkeypatch):
    directory = RunDirectory(copied())
    directory.write(replace(directory.read_result(), artifacts={}))
    directory.report.unlink()

    def full(*arguments):
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr("dlrecipes.run.exports.shutil.copytree", full)
        with pytest.raises(OSError, match="disk full"):
            Run(directory).finish()
    assert directory.report.is_file()
    assert set(directory.read_result().artifacts) == {"report"}
    assert set(Run(directory).finish().artifacts) == {"saved_model", "keras", "report"}


@pytest.mark.slow
def test_a_table_of_names_that_python_keeps(tmp_path):
    generator = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "class": generator.choice(["First", "Second"], 200),
            "from": generator.choice(["a", "b", "c"], 200),
            **{name: generator.normal(size=200).round(3) for name in ("self", "None", "x.npy")},
            **{name: generator.normal(size=200).round(3) for name in ("Self", "x", "km/h", "")},
        }
    ).rename(columns={"": "größe"})
    label = np.where((table["self"] > 0) ^ (table["class"] == "First"), "None", "True")
    table.assign(**{"lambda": label}).to_csv(tmp_path / "odd.csv", index=False)
    run = load_recipe("tabular").tune(
        plan=Plan((Stage("only", 1, 1, "random", "none"),), batch_size=32, refit_seeds=1),
        settings=RunSettings(out=tmp_path / "run 1 (#, 50%)"),
        data=str(tmp_path / "odd.csv"),
        missing=[],
    )
    assert set(run.result.artifacts) == {"saved_model", "keras", "report"}
    x = load_table(tmp_path / "odd.csv", reading=TableReading(missing=[])).validation.x
    assert len(x.names) == 9
    answers = predict_saved_model(run.directory / "saved_model", x)
    np.testing.assert_allclose(answers, run.predict(x), atol=1e-6)
    # Each column counts, and under its own name.
    for name in x.names:
        mixed = {**dict(x.items()), name: x[name][::-1]}
        assert np.abs(run.predict(type(x)(mixed)) - answers).max() > 1e-6, name
    saved = json.loads((run.directory / "result.json").read_text())
    assert saved["test"]["opened"] == 1
