"""The baselines of a run are fitted once, beside the search where they are expensive."""

import threading
from dataclasses import replace
from types import SimpleNamespace

import keras
import numpy as np
import pytest

import dlrecipes as dlr
from dlrecipes.baselines import BaselineFit
from dlrecipes.data import from_arrays
from dlrecipes.errors import ArgumentError
from dlrecipes.report.scores import score_table
from dlrecipes.results import BaselineResult, Plan, RunSettings, Stage
from dlrecipes.run import Run, baselines as module
from dlrecipes.run.baselines import seconds_more
from dlrecipes.search import Listener


class Ears(Listener):
    """Keeps what it hears, in order."""

    def __init__(self):
        self.heard = []

    def on_phase(self, name):
        self.heard.append(("phase", name))

    def on_step(self, name):
        self.heard.append(("step", name))

    def on_note(self, line):
        self.heard.append(("note", line))

    def on_trial(self, record):
        self.heard.append(("trial", record.stage))


def _build(hp):
    model = keras.Sequential(
        [keras.layers.Dense(hp.Choice("units", [4, 8])), keras.layers.Dense(10, "softmax")]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def _data():
    """480 training rows of 144 columns in ten classes, whose trees took most of a run, twice."""
    generator = np.random.default_rng(0)
    y = generator.integers(0, 10, 800)
    x = generator.normal(size=(800, 144))
    x[:, :10] += 3 * np.eye(10)[y]
    return from_arrays(x.astype("float32"), y, name="wide")


@pytest.fixture(scope="module")
def wide(tmp_path_factory):
    """`(run, what was heard, threads of fits, fits begun)` of a run that is tested at once."""
    folder, ears, fits = tmp_path_factory.mktemp("wide"), Ears(), []
    inner = BaselineFit.__init__

    def counted(self, *arguments, **named):
        fits.append((named, threading.current_thread()))
        inner(self, *arguments, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaselineFit, "__init__", counted)
        plan = Plan((Stage("only", 1, 1, "random", "none"),), refit_seeds=1)
        settings = RunSettings(out=folder / "run", engine="fit", baseline_seconds=2.0)
        run = dlr.tune(_build, _data(), plan=plan, settings=settings, listener=ears)
        run.open_test_set("test")
    return run, ears.heard, fits


def test_fitted_once(wide):
    run, _, fits = wide
    assert len(fits) == 1
    assert fits[0][0]["seconds"] == 2.0
    assert run.info.settings.baseline_seconds == 2.0
    assert all(baseline.test for baseline in run.result.baselines.values())


def test_trials_do_not_wait_for_trees(wide):
    _, heard, _ = wide
    before = heard[: heard.index(("trial", "only"))]
    assert ("step", "logistic regression") in before
    assert ("step", "nearest neighbours") in before
    assert not [word for kind, word in before if kind == "step" and "trees" in word]


def test_what_was_cut_is_said_everywhere(wide):
    run, heard, _ = wide
    result = run.result
    if "boosted trees" not in result.baselines:  # not even a round of them in two seconds
        assert any(one.name == "left_out_baseline" for one in result.findings)
        return
    note = result.baselines["boosted trees"].note
    rows = {row.name: row.note for row in score_table(result).rows}
    assert note in rows["boosted trees"]
    assert not note or ("note", f"boosted trees: {note}") in heard


def test_another_process_fits_what_was_chosen(wide, monkeypatch):
    run, *_ = wide
    searched = []
    monkeypatch.setattr(
        "dlrecipes.baselines.predictor.validation_cost",
        lambda *words: searched.append(words) or (0.0, 0.0),
    )
    result = run.result
    sealed = replace(
        result,
        baselines={name: replace(one, test={}) for name, one in result.baselines.items()},
    )
    if "boosted trees" in sealed.baselines:  # which have a test of their own
        sealed.baselines.pop("boosted trees")
    fitted, recorded = module.fitted_again(sealed, _data())
    assert not searched
    assert recorded == sealed.baselines
    assert set(recorded) <= set(fitted)


def test_another_validation_score_is_said(wide):
    run, *_ = wide
    recorded = run.result.baselines["logistic regression"]
    now = replace(recorded, validation={**recorded.validation, "accuracy": 0.123})
    said = module._compared(recorded, now)
    assert "validation accuracy 0.123, not" in said.note
    assert said.validation == recorded.validation
    assert module._compared(recorded, recorded) == recorded


def test_baselines_with_thresholds_are_fitted_again(wide):
    run, *_ = wide
    generator = np.random.default_rng(0)
    x = generator.normal(size=(200, 3))
    splits = from_arrays(x, (x[:, 0] + generator.normal(size=200) > 0.8).astype(int))
    development = splits.development()
    fitted = dlr.baselines.fit_baselines(development)
    recorded = module.score_baselines(fitted, development, "f1")
    assert all("f1" in baseline.validation for baseline in recorded.values())
    result = replace(run.result, seed=0, baselines=recorded)
    assert module.fitted_again(result, splits, "f1")[1] == recorded
    # ---- a score that is not measured any more is no reason to fail
    older = replace(recorded["majority class"], validation={"accuracy": 0.5, "gone": 1.0})
    assert "accuracy" in module._compared(older, recorded["majority class"]).note


def test_a_run_from_its_directory_has_no_baselines(wide):
    run, *_ = wide
    assert Run(run.directory)._baselines is None


@pytest.mark.parametrize(("search", "more"), [(0.0, 10.0), (7.3, 10.0), (60.0, 30.0)])
def test_trees_get_half_of_the_search(search, more):
    assert seconds_more(search) == more


@pytest.mark.parametrize("seconds", [0, -5, float("inf"), "a minute"])
def test_malformed_seconds(seconds):
    with pytest.raises(ArgumentError, match="`baseline_seconds` must be"):
        RunSettings(baseline_seconds=seconds)


@pytest.mark.parametrize(("choice", "seconds"), [({"rate": 0.05}, 3600.0), ({}, 60.0)])
def test_what_was_not_recorded_is_searched_within_the_usual_time(monkeypatch, choice, seconds):
    given = []

    def fit(development, **options):
        given.append(options["seconds"])
        return {}

    monkeypatch.setattr(module, "fit_baselines", fit)
    x = np.random.default_rng(0).normal(size=(60, 3))
    recorded = BaselineResult({"accuracy": 0.9}, choice=choice)
    result = SimpleNamespace(seed=0, baselines={"boosted trees": recorded})
    assert module.fitted_again(result, from_arrays(x, x[:, 0] > 0)) == (
        {},
        {"boosted trees": recorded},
    )
    assert given == [seconds]


def test_a_library_that_fails_is_said_and_not_waited_for():
    fit = SimpleNamespace(
        growing=False,
        finish=lambda more: {},
        left_out={"boosted trees": "no round of them ended in time"},
        failed={"CatBoost": "OSError: libsomething.so"},
    )
    late, failed = module.left_out(fit)
    assert (late.name, failed.name) == ("left_out_baseline", "failed_baseline")
    assert "--baseline-seconds" in late.advice
    assert "CatBoost, which is installed and fails: OSError: libsomething.so." in failed.verdict
    assert "pip install" in failed.advice
    ears = Ears()
    data = SimpleNamespace(validation=None, model_spec=None)
    module.finish_baselines(fit, {}, data, "", 0.0, ears)
    assert ears.heard == [("note", failed.verdict)]


def test_what_was_left_out_for_want_of_time_is_tried_again(tmp_path, monkeypatch):
    """Of the trees that a run has, what was chosen stays; those that it lacks are grown."""
    finding = SimpleNamespace(name="left_out_baseline")
    had = {"mean": BaselineResult({}), "LightGBM": BaselineResult({}, choice={"rounds": 3})}
    result = SimpleNamespace(baselines=had, findings=[finding])
    (tmp_path / "result.json").touch()
    directory = SimpleNamespace(result_file=tmp_path / "result.json", read_result=lambda: result)
    monkeypatch.setattr(module, "tree_baselines", lambda: ("boosted trees", "LightGBM", "CatBoost"))
    assert module.recorded_choices(directory) == {
        "mean": {},
        "LightGBM": {"rounds": 3},
        "boosted trees": {},
        "CatBoost": {},
    }
    result.findings = []
    assert set(module.recorded_choices(directory)) == {"mean", "LightGBM"}
