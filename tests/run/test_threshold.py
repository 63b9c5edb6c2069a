"""The threshold between two classes: chosen on validation data, recorded, applied."""

import io
import json
from dataclasses import replace

import numpy as np
import pandas
import pytest
from sklearn import metrics

import dlrecipes as dlr
from dlrecipes.data import from_arrays
from dlrecipes.diagnose import choose_threshold
from dlrecipes.errors import ArgumentError
from dlrecipes.recipe import load_recipe, recipe as recipe_module
from dlrecipes.results import Decisions, RunSettings, Threshold, dump_json
from dlrecipes.run import Run
from dlrecipes.run.thresholds import set_thresholds
from dlrecipes.rundir import RunDirectory
from dlrecipes.search import Listener


@pytest.fixture(scope="module")
def run(tmp_path_factory, recipe_text):
    """A finished run of a recipe with a goal of its own."""
    folder = tmp_path_factory.mktemp("threshold")
    plan = "Plan((Stage('only', 1, 2, 'random', 'none'),), refit_seeds=2), threshold='cost=3:1'"
    (folder / "tiny.py").write_text(recipe_text("binary", plan=plan))
    recipe = load_recipe(folder / "tiny.py")
    return recipe.tune(settings=RunSettings(out=folder / "run"), listener=Listener())


def test_it_is_chosen_on_the_validation_part_and_applied_to_the_test_part(run):
    splits = load_recipe(run.directory.parent / "tiny.py").load()
    validation = splits.validation
    expected = choose_threshold(validation.y, run.predict(validation.x)[:, 1], "cost=3:1")
    result = json.loads((run.directory / "result.json").read_text())
    assert result["threshold"]["goal"] == "cost=3:1"
    assert result["threshold"]["threshold"] == pytest.approx(expected.threshold, abs=1e-5)
    assert result["threshold"]["value"] == pytest.approx(expected.value)
    assert run.result.threshold.validation == expected.validation
    with np.load(run.directory / "test_predictions.npz") as saved:
        y, called = saved["y"], saved["predictions"][0, :, 1] >= expected.threshold
    assert run.result.test.at_threshold == pytest.approx(
        {
            "accuracy": metrics.accuracy_score(y, called),
            "precision": metrics.precision_score(y, called, zero_division=0),
            "recall": metrics.recall_score(y, called),
            "f1": metrics.f1_score(y, called),
        }
    )


def test_the_verdict_is_about_the_cost(run):
    result = run.result
    test = result.test
    assert (test.metric, test.direction, result.verdict.metric) == ("cost", "min", "cost")
    assert test.reason.startswith("Why cost: thresholds were chosen for cost=3:1")
    with np.load(run.directory / "test_predictions.npz") as saved:
        y, predictions = saved["y"], saved["predictions"][:, :, 1]
    costs = []
    for refit, scores in zip(result.refits, predictions, strict=True):
        false = scores >= refit.threshold
        costs.append(np.mean(3 * (false & (y == 0)) + (~false & (y == 1))))
        assert refit.test["cost"] == pytest.approx(costs[-1])
    assert result.refits[0].threshold == result.threshold.threshold
    assert result.refits[0].validation["cost"] == pytest.approx(result.threshold.value)
    assert test.mean["cost"] == pytest.approx(np.mean(costs))
    strongest = result.baselines[result.verdict.baseline]
    assert result.verdict.difference == pytest.approx(strongest.test["cost"] - np.mean(costs))
    assert all(baseline.threshold is not None for baseline in result.baselines.values())


def test_the_report_has_it(run):
    page = (run.directory / "report.html").read_text(encoding="utf-8")
    assert "chosen for cost=3:1" in page
    assert 'id="data-precision-recall"' in page
    assert 'id="data-roc"' in page


def test_the_settings_come_before_the_recipe(run, monkeypatch):
    recipe = load_recipe(run.directory.parent / "tiny.py")
    asked = []

    def tune(build, splits, objective, plan, settings, **rest):
        asked.append(settings.threshold)
        return run

    monkeypatch.setattr(recipe_module, "tune", tune)
    recipe.tune(settings=RunSettings(threshold="f2"), listener=Listener())
    recipe.tune(listener=Listener())
    assert asked == ["f2", "cost=3:1"]


def test_labels_of_predict_follow_it(copied):
    run = dlr.Run(copied())
    x = np.random.default_rng(3).normal(size=(40, 4)) + 5.0
    level = float(np.quantile(run.predict(x)[:, 1], 0.9))
    threshold = Threshold("f1", level, 1.0, Decisions(1, 0, 0, 1))
    (run.directory / "result.json").write_text(dump_json(replace(run.result, threshold=threshold)))
    table = pandas.read_csv(io.StringIO(run.predict_table(x)))
    assert ((table["label"] == "yes") == (table["probability yes"] >= level)).all()
    assert 1 <= (table["label"] == "yes").sum() < 10


def test_a_goal_out_of_reach_is_a_finding(finished):
    directory = finished("binary")
    refits = Run(directory).result.refits
    splits = load_recipe(directory.parent / "tiny.py").load()
    labels = 1 - splits.validation.y  # so that the surest is wrong
    predictions = RunDirectory(directory).read_predictions("validation")[0]["predictions"]
    found, same, findings = set_thresholds(
        "recall@precision=1", refits, predictions, labels, splits.model_spec
    )
    assert found is None
    assert findings[0].severity == "warning"
    assert "a precision of at most 0." in findings[0].verdict
    assert same == refits
    assert set_thresholds("", refits, predictions, labels, splits.model_spec) == (None, refits, ())


def test_two_classes_only(build, plan, settings):
    x = np.random.default_rng(0).normal(size=(90, 4))
    splits = from_arrays(x, np.arange(90) % 3)
    with pytest.raises(ArgumentError, match=r"between two classes.*'f1' for multiclass data"):
        dlr.tune(build, splits, plan=plan(), settings=settings(threshold="f1"))
