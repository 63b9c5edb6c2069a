"""A search whose trials train side by side: the time limit, late hyperparameters, refusals."""

import keras
import keras_tuner
import numpy as np
import pytest

from dlrecipes.data import from_arrays
from dlrecipes.results import Objective, Plan, Stage
from dlrecipes.search import Store, StudyContext, discover_space, refit, refit_stage, search
from dlrecipes.training.engines import make_engine

LOSS = Objective("val_loss", "min")


def _net(units, rate):
    model = keras.Sequential(
        [
            keras.Input((4,)),
            *(keras.layers.Dense(width, activation="relu") for width in units),
            keras.layers.Dense(3),
        ]
    )
    model.compile(
        keras.optimizers.Adam(rate),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    return model


def _rate_only(hp):
    return _net((8,), hp.Float("rate", 1e-4, 1e-1, sampling="log"))


@pytest.fixture(scope="module")
def development():
    x = np.random.default_rng(0).normal(size=(60, 4)).astype("float32")
    return from_arrays(x, np.digitize(x[:, 0], [-0.5, 0.5])).development()


@pytest.fixture
def study(tmp_path, development, context, recorder):
    """`study(build, stages, engine)`: a search; `.choices`, `.lines` are what the engine said."""

    def run(build, *stages, engine="resident", listener=None, objective=LOSS, journal="study"):
        run.choices, run.lines = [], []
        run.engine = make_engine(
            engine,
            development,
            objective,
            "float32",
            on_choice=run.choices.append,
            log=run.lines.append,
        )
        run.store = Store.open(tmp_path / f"{journal}.journal", "run")
        run.context = context(
            build, objective=objective, batch_size=16, listener=listener or recorder()
        )
        return search(Plan(stages), discover_space(build), run.engine, run.store, run.context)

    return run


# ---- the time limit


@pytest.fixture
def stops_after(monkeypatch, recorder):
    """`stops_after(epochs)`: a listener; the time is up once a trial has been trained so long."""

    def make(epochs):
        heard = recorder()
        monkeypatch.setattr(
            StudyContext,
            "expired",
            property(lambda _: any(epoch + 1 >= epochs for _, _, epoch, _, _ in heard.epochs)),
        )
        return heard

    return make


@pytest.mark.parametrize("engine", ["resident", pytest.param("population", marks=pytest.mark.slow)])
def test_trials_under_way_count_when_the_time_is_up(study, stops_after, monkeypatch, engine):
    """Under halving they are the best: what is finished was stopped for being worse."""
    stage = Stage("coarse", 12, 12, "sobol", "halving")
    heard = stops_after(5)
    with monkeypatch.context():
        result = study(_rate_only, stage, engine=engine, listener=heard)
    reached = {}
    for _, trial, epoch, _, best in heard.epochs:
        reached.setdefault(trial, []).append(best)
        assert len(reached[trial]) == epoch + 1
    assert result.best.score == min(curve[-1] for curve in reached.values())
    assert result.best.status == "unfinished"
    for one in result.trials:
        assert one.epochs == len(reached[one.number])
        if one.status == "unfinished":
            assert one.history == {"val_loss": reached[one.number]}
            assert one.best_epoch == reached[one.number].index(one.score)
    (counts,) = (stage.trials for stage in result.stages)
    assert counts.unfinished == sum(one.status == "unfinished" for one in result.trials) > 0
    finished = len(result.trials) - counts.unfinished
    (finding,) = (one for one in result.findings if one.name == "time_limit")
    assert finding.verdict.startswith(f"The time was up after {finished} of 12 trials; ")
    assert finding in heard.findings
    # ---- with more time, what was under way is trained again
    monkeypatch.undo()
    resumed = study(_rate_only, stage, engine=engine)
    assert len(resumed.trials) == 12
    assert {one.status for one in resumed.trials} <= {"completed", "pruned"}
    assert all(one in resumed.trials for one in result.trials if one.status != "unfinished")


def test_what_has_trained_to_its_end_is_finished_when_the_time_is_up(study, stops_after):
    stage = Stage("only", 8, 3, "sobol", "none")
    result = study(_rate_only, stage, engine="population", listener=stops_after(3))
    assert [one.status for one in result.trials] == ["completed"] * 8
    assert "time_limit" not in [finding.name for finding in result.findings]


@pytest.mark.slow
def test_what_has_trained_to_its_end_is_finished_when_it_is_interrupted(study, recorder):
    class CtrlC(recorder):
        def on_epoch(self, stage, trial, epoch, epochs, best):
            super().on_epoch(stage, trial, epoch, epochs, best)
            if epoch + 1 == epochs:
                raise KeyboardInterrupt

    heard, stage = CtrlC(), Stage("only", 8, 3, "sobol", "none")
    with pytest.raises(KeyboardInterrupt):
        study(_rate_only, stage, engine="population", listener=heard)
    assert [one.number for one in heard.trials] == list(range(8))
    assert {one.status for one in heard.trials} == {"completed"}


# ---- structures that vary


def _varied(hp):
    """As in KerasTuner's tutorial: hardly two trials have the same network."""
    model = keras.Sequential([keras.Input((4,))])
    for at in range(hp.Int("layers", 1, 2)):
        activation = hp.Choice("activation", ["relu", "tanh"])
        model.add(keras.layers.Dense(hp.Int(f"units_{at}", 4, 12), activation=activation))
    if hp.Boolean("dropout"):
        model.add(keras.layers.Dropout(0.2))
    model.add(keras.layers.Dense(3))
    model.compile(
        keras.optimizers.Adam(hp.Float("rate", 1e-3, 3e-2, sampling="log")),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    return model


@pytest.mark.slow
def test_a_search_of_varying_networks_is_the_same_again_and_where_it_goes_on(study, recorder):
    class CtrlC(recorder):
        def on_trial(self, record):
            super().on_trial(record)
            if len(self.trials) == 2:
                raise KeyboardInterrupt

    def told(result):
        return {one.number: (one.values, one.history) for one in result.trials}

    stage = Stage("only", 5, 2, "random", "none")
    whole = told(study(_varied, stage))
    assert {one.engine for one in study.choices} == {"resident"}
    assert len(study.choices) > 3
    with pytest.raises(KeyboardInterrupt):
        study(_varied, stage, listener=CtrlC(), journal="cut")
    assert told(study(_varied, stage, journal="cut")) == whole


# ---- hyperparameters that a builder asks for late


def _layers(hp):
    """KerasTuner's usual way; `units_1` is asked for in some trials only."""
    units = [hp.Choice(f"units_{at}", [4, 8][: at + 1]) for at in range(hp.Int("layers", 1, 2))]
    return _net(units, hp.Float("rate", 3e-3, 3e-2, sampling="log"))


def test_late_hyperparameters_belong_to_their_trial(study):
    result = study(_layers, Stage("only", 12, 1, "random", "none"))
    for one in result.trials:
        units = [one.values[f"units_{at}"] for at in range(one.values["layers"])]
        assert one.parameters == _net(units, 0.1).count_params()
        assert one.values.keys() == {"layers", "rate", *(f"units_{at}" for at in range(len(units)))}
    # ---- the rate is a number all the same: no more graphs than networks
    networks = {
        tuple(value for name, value in sorted(one.values.items()) if name != "rate")
        for one in result.trials
    }
    assert len(study.choices) == len(networks) < len(result.trials)


@pytest.mark.slow
def test_refits_have_the_winners_late_hyperparameters(study):
    stages = (
        Stage("coarse", 6, 1, "random", "none"),
        Stage("fine", 3, 2, "random", "none", narrow=True),
    )
    result = study(_layers, *stages)
    deep = next(one for one in result.trials if one.values["layers"] == 2)
    stage = refit_stage(Plan(stages), deep)
    refits = refit(
        stage,
        [deep] * stage.trials,
        result.space,
        study.engine,
        study.store,
        study.context,
        lambda job, outcome: None,
    )
    assert [one.values for one in refits] == [deep.values] * stage.trials


# ---- builders that refuse


@pytest.mark.slow
def test_a_builder_that_refuses_some_values_fails_those_trials(study):
    """Whenever it is called with them: a compiled engine builds few of the models."""

    def build(hp):
        rate = hp.Float("rate", 1e-4, 1e-1, sampling="log")
        width = hp.Float("width", 1.0, 2.0)
        if rate > 1e-3 and width > 1.3:
            raise keras_tuner.errors.FailedTrialError("they do not go together")
        return _net((8,), rate)

    result = study(build, Stage("only", 8, 1, "random", "none"))
    failed = [one for one in result.trials if one.status == "failed"]
    assert 0 < len(failed) < 8
    assert all("they do not go together" in one.error for one in failed)
