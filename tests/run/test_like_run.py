"""What a run on a similar task leaves to a new one."""

from dataclasses import replace

import keras
import pytest

import dlrecipes as dlr
from dlrecipes.errors import ArgumentError, RunError
from dlrecipes.results import (
    Hyperparameter,
    Objective,
    Plan,
    Prior,
    RunSettings,
    Stage,
    StageResult,
    StudyResult,
    TrialCounts,
    TrialRecord,
)
from dlrecipes.run.like_run import NAME, begin_like
from dlrecipes.rundir import RunDirectory
from dlrecipes.search import Listener, with_first_trial

RATE = Hyperparameter("learning_rate", "float", 1e-4, 1.0, log=True)
UNITS = Hyperparameter("units", "int", 8, 64, step=8)
KIND = Hyperparameter("optimizer", "choice", choices=("sgd", "adam"))
PLAN = Plan((Stage("coarse", 6, 1, "sobol", "none"), Stage("fine", 3, 1, narrow=True)))


@pytest.fixture
def earlier(tmp_path):
    """`earlier(values, ranges)`: the directory of a run that ended with these."""

    def make(values, ranges=None, space=(RATE, UNITS, KIND)):
        directory = RunDirectory(tmp_path / "earlier")
        best = TrialRecord("fine", 3, values, "completed", 0.9)
        stage = StageResult("fine", TrialCounts(4), 1.0, ranges or {}, {}, values, 4)
        directory.path.mkdir()
        directory.write(StudyResult(Objective("val_accuracy", "max"), space, (stage,), (), best))
        return directory

    return make


def test_winner_and_ranges_become_priors(earlier):
    values = {"learning_rate": 0.01, "units": 16, "optimizer": "adam"}
    directory = earlier(values, {"learning_rate": (1e-3, 1e-1), "units": (16, 24)})
    begun = begin_like(directory, PLAN, (RATE, UNITS, KIND))
    # .001 to .1 is half of the four decades: half of that is a quarter; 8 of 56 are a seventh
    assert begun.plan.stages[0].priors == {
        "learning_rate": Prior(0.01, 0.25),
        "units": Prior(16, 0.0714),
        "optimizer": Prior("adam"),
    }
    assert begun.plan.stages[1:] == PLAN.stages[1:]
    finding = begun.finding
    assert (finding.name, finding.advice) == (NAME, "")
    said = "learning_rate=0.01,units=16,optimizer=adam (val_accuracy 0.9 there)"
    assert said in finding.verdict


def test_what_differs_is_announced(earlier):
    directory = earlier({"learning_rate": 0.5, "units": 16, "optimizer": "adam", "depth": 3})
    space = (
        replace(RATE, high=0.1),
        replace(UNITS, step=None, high=10),
        replace(KIND, choices=("sgd", "lion")),
        Hyperparameter("dropout", "float", 0.0, 0.5),
    )
    begun = begin_like(directory, PLAN, space)
    assert begun.plan.stages[0].priors == {"learning_rate": Prior(0.1), "units": Prior(10)}
    for part in (
        "'learning_rate' is from 0.0001 to 0.1 on a log scale here, from 0.0001 to 1 on a log "
        "scale there, so 0.5 becomes 0.1",
        "'units' is whole numbers from 8 to 10 here, whole numbers from 8 to 64 by 8 there, so 16",
        "'optimizer' is one of 'sgd', 'lion' here, one of 'sgd', 'adam' there: not taken",
        "'dropout' has no value there",
        "'depth' is not asked for here",
    ):
        assert part in begun.finding.advice
    # ---- what the plan says of its own goes first
    own = replace(
        PLAN.stages[0], priors={"units": Prior(9)}, ranges={"learning_rate": (1e-3, 0.05)}
    )
    stage = begin_like(directory, replace(PLAN, stages=(own,)), space).plan.stages[0]
    assert stage.priors == {"learning_rate": Prior(0.05), "units": Prior(9)}


def test_epochs_are_the_stages_own(earlier):
    """A run of 60 epochs says nothing of how many a trial is to have here."""
    told = Hyperparameter("epochs", "fixed", choices=(30,), default=30)
    directory = earlier({"learning_rate": 0.01, "epochs": 60}, space=(RATE, told))
    begun = begin_like(directory, PLAN, (RATE, told))
    assert set(begun.plan.stages[0].priors) == {"learning_rate"}
    assert begun.finding.advice == ""


def test_nothing_shared_and_no_run(earlier, tmp_path):
    directory = earlier({"depth": 3}, space=(Hyperparameter("depth", "int", 1, 4),))
    with pytest.raises(ArgumentError, match=r"share a hyperparameter.*'depth' is not asked for"):
        begin_like(directory, PLAN, (RATE,))
    settings = RunSettings(out=tmp_path / "new", like=tmp_path / "nowhere")
    with pytest.raises(RunError, match=r"holds a `run.json`.*nowhere"):
        dlr.tune(build, dlr.data.load("iris"), plan=PLAN, settings=settings)
    assert not (tmp_path / "new").exists()


def build(hp):
    rate = hp.Float("learning_rate", 1e-4, 1.0, sampling="log")
    model = dlr.models.build_mlp((4,), 3, hidden_units=(hp.Int("units", 8, 64, step=8),))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"])
    return model


@pytest.mark.slow
@pytest.mark.parametrize(
    "engine",
    [
        "resident",
        pytest.param("fit", marks=pytest.mark.exhaustive),
        pytest.param("population", marks=pytest.mark.exhaustive),
    ],
)
def test_every_engine_and_a_resumed_run(tmp_path, engine):
    splits = dlr.data.load("iris")
    settings = RunSettings(
        engine=engine, out=tmp_path / "one", baseline_seconds=0.5, like=None, seed=3
    )
    plan = replace(PLAN, refit_seeds=1)
    one = dlr.tune(build, splits, plan=plan, settings=settings, listener=Listener())
    again = replace(settings, out=tmp_path / "two", like=tmp_path / "one")
    tried = with_first_trial(plan, "learning_rate=0.0123,units=24")
    two = dlr.tune(build, splits, plan=tried, settings=again, listener=Listener())
    trials = RunDirectory(tmp_path / "two").read_study().trials
    assert trials[0].values == {"learning_rate": 0.0123, "units": 24}
    assert trials[1].values == one.result.best.values
    assert {finding.name for finding in two.result.findings} >= {NAME, "earlier search"}
    # ---- a plan without priors goes on with the run's own
    more = with_first_trial(dlr.search.with_budget(plan, 12), {"units": 40})
    resumed = dlr.resume(tmp_path / "two", build, splits, plan=more, listener=Listener())
    assert resumed.info.plan.stages[0].priors == two.info.plan.stages[0].priors
    assert resumed.info.settings.like == str(tmp_path / "one")
    assert any(
        trial.values["units"] == 40 and trial.number == 6
        for trial in RunDirectory(tmp_path / "two").read_study().trials
    )
