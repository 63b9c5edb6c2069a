"""What a range test makes of a plan: by what a hyperparameter does, never by its name."""

from dataclasses import replace

import keras
import numpy as np
import pytest

import dlrecipes as dlr
from dlrecipes.data import from_arrays
from dlrecipes.errors import ArgumentError
from dlrecipes.results import Plan, RunSettings, Stage
from dlrecipes.run.learning_rates import find_learning_rates
from dlrecipes.run.rate_movers import rate_movers
from dlrecipes.run.seeded_ranges import NAME, seed_ranges
from dlrecipes.rundir import RunDirectory
from dlrecipes.search import Listener, discover_space

RATE = {"min_value": 1e-6, "max_value": 10.0, "sampling": "log", "default": 1e-3}
PLAN = Plan((Stage("coarse", 2, 1, "random", "none"), Stage("fine", 1, 1)), refit_seeds=1)


def rows(*, shuffled=False):
    generator = np.random.default_rng(0)
    x = generator.normal(size=(300, 4)).astype("float32")
    y = np.where(x[:, 0] + x[:, 1] > 0, "yes", "no")
    return from_arrays(x, generator.permutation(y) if shuffled else y, name="rows")


def builder(make_optimizer):
    def build(hp):
        model = keras.Sequential(
            [
                keras.Input((4,)),
                keras.layers.Dense(hp.Int("units", 8, 16), activation="relu"),
                keras.layers.Dense(1, activation="sigmoid"),
            ]
        )
        model.compile(make_optimizer(hp), "binary_crossentropy", metrics=["accuracy"])
        return model

    return build


def misnamed(hp):
    hp.Float("learning_rate", 0.1, 0.9)  # of nothing
    return keras.optimizers.Adam(2 * hp.Float("speed", **RATE))


def scheduled(hp):
    return keras.optimizers.SGD(dlr.training.OneCycle(hp.Float("peak", **RATE), 40), momentum=0.9)


def seeded(make_optimizer, splits=None, plan=PLAN):
    build = builder(make_optimizer)
    return seed_ranges(build, splits or rows(), plan, discover_space(build))


@pytest.mark.parametrize(
    ("make", "name", "factor"), [(misnamed, "speed", 2.0), (scheduled, "peak", 1.0)]
)
def test_the_first_stage_begins_around_the_suggested_rate(make, name, factor):
    found = seeded(make)
    rate = found.finding.evidence["suggested rate"]
    low, high = found.plan.stages[0].ranges.pop(name)
    assert low == pytest.approx(rate / factor / 30, rel=0.15)
    assert high == pytest.approx(min(rate / factor * 10, 10.0), rel=0.15)
    assert found.plan == PLAN  # nothing else has changed
    action = found.finding.action
    assert (action.stage, action.hyperparameter) == ("coarse", name)
    assert (action.low, action.high) == (low, high)
    assert "suggested: the stage 'coarse' searches" in found.finding.verdict


@pytest.fixture(scope="module")
def of_adam():
    """What a range test finds of the network with Adam, which is tested but once."""
    return find_learning_rates(builder(lambda hp: keras.optimizers.Adam(1e-3)), rows(), PLAN)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (
            lambda hp: keras.optimizers.Adam(10.0 ** -hp.Float("power", 1, 5)),
            "'power' is no multiple of the rate",
        ),
        (
            lambda hp: keras.optimizers.Adam(hp.Choice("learning_rate", [1e-3, 1e-2])),
            "'learning_rate' is a choice",
        ),
        (
            lambda hp: keras.optimizers.Adam(hp.Float("a", 0.1, 1) * hp.Float("b", 0.01, 0.1)),
            "'a' and 'b' move the learning rate",
        ),
        (lambda hp: keras.optimizers.Adam(1e-3), "no hyperparameter moves the learning rate"),
        (
            lambda hp: {"adam": keras.optimizers.Adam, "sgd": keras.optimizers.SGD}[
                hp.Choice("optimizer", ["adam", "sgd"])
            ](hp.Float("learning_rate", **RATE)),
            "suggested for Adam, but SGD is tried as well",
        ),
        (
            lambda hp: keras.optimizers.Adam(hp.Float("rate", 1e-9, 1e-7, sampling="log")),
            "lies below it",
        ),
    ],
    ids=["power", "choice", "product", "constant", "optimizers", "outside"],
)
def test_what_is_left_as_it_is_and_why(make, said, of_adam, monkeypatch):
    module = "dlrecipes.run.seeded_ranges"
    monkeypatch.setattr(f"{module}.find_learning_rates", lambda *given, **options: of_adam)
    found = seeded(make)
    assert found.plan == PLAN
    assert said in found.finding.verdict
    assert found.finding.verdict.endswith("The ranges stay as they are.")
    assert found.finding.severity == "info"
    assert found.finding.action is None


def test_none_and_a_range_of_the_user_s_own_leave_the_plan():
    make = lambda hp: keras.optimizers.Adam(hp.Float("learning_rate", **RATE))  # noqa: E731
    none = seeded(make, rows(shuffled=True))
    assert none.plan == PLAN
    assert none.finding.verdict.startswith("No rate can be told: ")
    own = dlr.search.with_setting(PLAN, "coarse.ranges.learning_rate=1e-3,1e-2")
    found = seeded(make, plan=own)
    assert found.plan == own
    assert "has a range of its own in the stage 'coarse'" in found.finding.verdict


def test_several_optimizers():
    """Each rate counts as one; a range test moves none of them."""

    def make(hp):
        others = keras.optimizers.Adam(hp.Float("rate", 1e-3, 1e-1))
        biases = keras.optimizers.SGD(0.1 * hp.Float("of biases", 1e-3, 1e-1))
        patterns = keras.optimizers.OptimizerMap(others, {".*bias": biases})
        return keras.optimizers.MultiOptimizer(patterns)

    build = builder(make)
    movers, kinds = rate_movers(build, discover_space(build))
    assert {one.name for one in movers} == {"rate", "of biases"}
    assert kinds == ["MultiOptimizer"]
    with pytest.raises(ArgumentError, match="moves one learning rate"):
        seeded(make)


class Notes(Listener):
    def __init__(self):
        super().__init__()
        self.notes = []

    def on_note(self, line):
        self.notes.append(line)


@pytest.mark.slow
def test_a_run_keeps_it_and_goes_on_with_it(tmp_path):
    build = builder(lambda hp: keras.optimizers.Adam(hp.Float("learning_rate", **RATE)))
    splits = rows()
    settings = RunSettings(out=tmp_path / "run", baseline_seconds=0.5, lr_range_test=True)
    own = dlr.search.with_setting(PLAN, "coarse.ranges.learning_rate=1e-3,1e-2")
    heard = Notes()
    other = replace(settings, out=tmp_path / "other")
    dlr.tune(build, splits, plan=own, settings=other, listener=heard)
    assert "has a range of its own in the stage 'coarse'" in "".join(heard.notes)
    run = dlr.tune(build, splits, plan=PLAN, settings=settings, listener=Listener())
    low, high = run.info.plan.stages[0].ranges["learning_rate"]
    assert 1e-6 < low < high
    (finding,) = [one for one in run.result.findings if one.name == NAME]
    coarse = [
        trial
        for trial in RunDirectory(tmp_path / "run").read_study().trials
        if trial.stage == "coarse"
    ]
    assert all(low <= trial.values["learning_rate"] <= high for trial in coarse)
    more = dlr.search.with_budget(run.info.plan, 4)
    again = dlr.resume(tmp_path / "run", build, splits, plan=more, listener=Listener())
    assert again.info.plan.stages[0].ranges == {"learning_rate": (low, high)}
    assert [one for one in again.result.findings if one.name == NAME] == [finding]
    assert RunDirectory(tmp_path / "run").read_info().settings.lr_range_test
