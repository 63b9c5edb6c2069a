"""A run's baseline is taken out of it, and a run says where that is what to do."""

from dataclasses import replace

import keras
import numpy as np
import pytest

import dlrecipes as dlr
from dlrecipes.baselines.grow_trees import CATBOOST, LIGHTGBM
from dlrecipes.data import from_arrays
from dlrecipes.errors import ArgumentError, ExportError, RunError
from dlrecipes.results import BaselineResult
from dlrecipes.run import Run
from dlrecipes.run.export_baseline import strongest_name
from dlrecipes.search import Listener

pytest.importorskip("skops.io", reason="pip install dlrecipes[trees]")
LINEAR = "logistic regression"


def _data(seed=0):
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(400, 4)).astype("float32")
    return from_arrays(x, np.where(x[:, 0] + x[:, 1] > 0, "yes", "no"), name="rows")


def _poor(hp):
    """A network that does not train."""
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, activation="sigmoid")])
    rate = hp.Float("learning_rate", 1e-9, 1e-8)
    model.compile(keras.optimizers.SGD(rate), "binary_crossentropy", metrics=["accuracy"])
    return model


@pytest.fixture(scope="module")
def poor(tmp_path_factory):
    """A run whose network is worse than its baselines, its test set closed."""
    folder = tmp_path_factory.mktemp("poor")
    stage = dlr.Stage("only", 1, 1, "random", "none")
    return dlr.tune(
        _poor,
        _data(),
        plan=dlr.Plan((stage,), refit_seeds=1),
        settings=dlr.RunSettings(out=folder / "run", engine="fit"),
        listener=Listener(),
    )


def stronger(run):
    return [one for one in run.result.findings if one.name == "stronger baseline"]


def test_a_better_baseline_is_said_before_and_after_the_opening(poor):
    (finding,) = stronger(poor)
    name = finding.evidence["baseline"]
    assert (
        finding.verdict == f"On the validation part the baseline {name} is better than the network."
    )
    assert finding.advice == "Take it as it is: run.export_baseline()"
    assert strongest_name(poor.result) == name
    poor.open_test_set("test")
    assert poor.result.verdict.outcome == "worse"
    (finding,) = stronger(poor)
    assert (
        finding.verdict
        == f"The baseline {poor.result.verdict.baseline} is better than the network."
    )
    folder = poor.export_baseline()
    assert folder == poor.directory / "baseline"
    assert poor.result.artifacts["baseline"] == "baseline"
    assert dlr.load_baseline(folder).name == poor.result.verdict.baseline


def test_the_same_baseline_from_a_directory(poor, tmp_path):
    here = dlr.load_baseline(poor.export_baseline(LINEAR, tmp_path / "here"))
    again = Run(poor.directory, _data())
    there = dlr.load_baseline(again.export_baseline(LINEAR, tmp_path / "there"))
    x = np.random.default_rng(1).normal(size=(50, 4)).astype("float32")
    np.testing.assert_array_equal(there.predict(x), here.predict(x))
    # ---- an earlier export is replaced, anything else is left alone
    again.export_baseline("boosted trees", tmp_path / "there")
    assert dlr.load_baseline(tmp_path / "there").name == "boosted trees"
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "thesis.txt").write_text("mine")
    for path, rule in [("own", "folder of its own"), ("own/thesis.txt", "a file")]:
        with pytest.raises(ArgumentError, match=rule):
            again.export_baseline(LINEAR, tmp_path / path)
    assert (tmp_path / "own" / "thesis.txt").read_text() == "mine"
    assert not list(tmp_path.glob("unchecked*"))


def test_what_cannot_be_exported_is_one_message(poor):
    with pytest.raises(RunError, match=r"needs the data.*--baseline"):
        Run(poor.directory).export_baseline()
    with pytest.raises(RunError, match="sealed when it began"):
        Run(poor.directory, _data(seed=1)).export_baseline(LINEAR)
    with pytest.raises(ExportError, match=rf"model of raw rows.*'{LINEAR}', 'boosted trees'"):
        poor.export_baseline("nearest neighbours")
    with pytest.raises(ArgumentError, match="`name` must be one of"):
        poor.export_baseline("XGBoost")


def test_other_scores_than_the_recorded_ones_are_no_export(poor, tmp_path, monkeypatch):
    result = poor.result
    recorded = replace(result.baselines[LINEAR], validation={"accuracy": 0.123})
    changed = replace(result, baselines={**result.baselines, LINEAR: recorded})
    monkeypatch.setattr("dlrecipes.rundir.RunDirectory.read_result", lambda self: changed)
    with pytest.raises(ExportError, match=r"the one that the run has compared.*not 0\.123"):
        poor.export_baseline(LINEAR, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_files_that_predict_something_else_are_no_export(poor, tmp_path, monkeypatch):
    from dlrecipes.export import LoadedBaseline

    inner = LoadedBaseline.answers
    monkeypatch.setattr(LoadedBaseline, "answers", lambda self, x: inner(self, x) + 1e-5)
    with pytest.raises(ExportError, match=r"must predict as the baseline did.*off by 1e-05"):
        poor.export_baseline(LINEAR, tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_a_library_that_is_gone_is_one_message(poor, monkeypatch):
    result = poor.result
    had = {**result.baselines, LIGHTGBM: BaselineResult({"accuracy": 0.9}, choice={"rounds": 3})}
    changed = replace(result, baselines=had)
    monkeypatch.setattr("dlrecipes.rundir.RunDirectory.read_result", lambda self: changed)
    with pytest.raises(RunError, match=r"LightGBM without lightgbm.*pip install lightgbm"):
        Run(poor.directory, _data()).export_baseline(LIGHTGBM)


@pytest.mark.slow
def test_other_trees_are_fitted_again_and_exported(other_trees, tmp_path, monkeypatch):
    monkeypatch.setattr("dlrecipes.baselines.gradient_boosting.MOST_OF_LIBRARIES", 30)
    # On a machine that has much to do, ten seconds are not enough to import them.
    monkeypatch.setattr("dlrecipes.run.baselines._LEAST_MORE", 300.0)
    stage = dlr.Stage("only", 1, 1, "random", "none")
    run = dlr.tune(
        _poor,
        _data(),
        plan=dlr.Plan((stage,), refit_seeds=1),
        settings=dlr.RunSettings(out=tmp_path / "run", engine="fit", baseline_seconds=300.0),
        listener=Listener(),
    )
    assert {LIGHTGBM, CATBOOST} <= set(run.result.baselines)
    x = np.random.default_rng(1).normal(size=(50, 4)).astype("float32")
    for name in (LIGHTGBM, CATBOOST):
        here = dlr.load_baseline(run.export_baseline(name)).predict(x)
        again = Run(run.directory, _data()).export_baseline(name, tmp_path / name)
        np.testing.assert_array_equal(dlr.load_baseline(again).predict(x), here)
