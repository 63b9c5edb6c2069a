"""KerasTuner's documented programs, with one line changed."""

import json
import math
from pathlib import Path

import keras
import keras_tuner
import numpy as np
import pytest

from dlrecipes.errors import ArgumentError
from dlrecipes.results import Prior
from dlrecipes.search import Tuner

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(64, 4)).astype("float32")
Y = (X[:, 0] > 0).astype("int64")
HELD_OUT = (X[40:], Y[40:])
# KerasTuner's own shows that the questions are fair.
TUNERS = pytest.mark.parametrize(
    "make", [pytest.param(keras_tuner.RandomSearch, marks=pytest.mark.exhaustive), Tuner]
)


def build(hp):
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(6, activation=hp.Choice("activation", ["relu", "tanh"])),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )
    rate = hp.Float("learning_rate", 1e-3, 1e-1, sampling="log")
    model.compile(
        keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return model


def search(tuner, **arguments):
    tuner.search(
        X[:40],
        Y[:40],
        **{"epochs": 2, "validation_data": HELD_OUT, "verbose": 0, **arguments},
    )


@pytest.mark.slow
@TUNERS
def test_getting_started(make, tmp_path, capsys):
    arguments = {
        "objective": "val_accuracy",
        "executions_per_trial": 2,
        "directory": tmp_path,
        "project_name": "helloworld",
    }
    tuner = make(build, max_trials=3, overwrite=True, **arguments)
    tuner.search_space_summary()
    search(tuner)
    tuner.results_summary()
    shown = capsys.readouterr().out
    assert "learning_rate (Float)" in shown
    assert "Showing 10 best trials" in shown

    best = tuner.oracle.get_best_trials(3)
    assert [trial.status for trial in best] == ["COMPLETED"] * 3
    assert best[0].score >= best[1].score >= best[2].score
    for trial in best:
        record = json.loads((Path(tuner.get_trial_dir(trial.trial_id)) / "trial.json").read_text())
        assert record["score"] == trial.score
        assert {"loss", "accuracy", "val_loss", "val_accuracy"} == set(record["metrics"]["metrics"])
    models = tuner.get_best_models(num_models=2)
    assert all(isinstance(model, keras.Sequential) for model in models)
    values = tuner.get_best_hyperparameters(5)
    assert isinstance(values[0], keras_tuner.HyperParameters)
    assert len(values) == 3
    model = tuner.hypermodel.build(values[0])
    history = tuner.hypermodel.fit(values[0], model, X, Y, epochs=1, verbose=0)
    assert "accuracy" in history.history

    again = make(build, max_trials=4, **arguments)
    again.reload()
    assert again.oracle.get_best_trials(1)[0].score == best[0].score
    search(again)
    assert len(again.oracle.trials) == 4
    assert all(again.oracle.get_trial(old.trial_id).score == old.score for old in best)


@pytest.mark.slow
def test_the_best_model_has_the_score_of_its_trial(tmp_path, capsys):
    tuner = Tuner(build, objective="val_loss", max_trials=3, directory=tmp_path, seed=0)
    search(tuner, verbose=1)
    assert "own loop" not in capsys.readouterr().out
    for model, trial in zip(tuner.get_best_models(3), tuner.oracle.get_best_trials(3), strict=True):
        values = model.evaluate(*HELD_OUT, verbose=0, return_dict=True)
        assert values["loss"] == pytest.approx(trial.score, rel=1e-5)
        assert values["accuracy"] == pytest.approx(trial.metrics.get_best_value("val_accuracy"))


def test_a_run_trial_of_ones_own(tmp_path, capsys):
    class Parabola(Tuner):
        def run_trial(self, trial, *args, **kwargs):
            x = trial.hyperparameters.Float("x", -1.0, 1.0)
            return x * x + x

    tuner = Parabola(max_trials=20, overwrite=True, directory=tmp_path, seed=1)
    tuner.search()
    assert "`Parabola.run_trial` is your own" in capsys.readouterr().out
    best = tuner.oracle.get_best_trials(1)[0]
    assert len(tuner.oracle.trials) == 20
    assert best.score == pytest.approx(-0.25, abs=0.02)
    assert tuner.get_best_hyperparameters()[0].get("x") == pytest.approx(-0.5, abs=0.2)


@pytest.mark.slow
@TUNERS
def test_a_fit_of_ones_own(make, tmp_path, capsys):
    class Model(keras_tuner.HyperModel):
        def build(self, hp):
            return build(hp)

        def fit(self, hp, model, *args, validation_data=None, **kwargs):
            model.fit(*args, batch_size=hp.Choice("batch_size", [8, 16]), **kwargs)
            x, y = validation_data
            return {"own": float(np.mean(model.predict(x, verbose=0).argmax(axis=1) != y))}

    tuner = make(
        Model(),
        objective=keras_tuner.Objective("own", "min"),
        max_trials=2,
        overwrite=True,
        directory=tmp_path,
    )
    search(tuner, epochs=1)
    assert len(tuner.oracle.trials) == 2
    assert 0 <= tuner.oracle.get_best_trials()[0].score <= 1
    assert "batch_size" in tuner.get_best_hyperparameters()[0].values
    assert isinstance(tuner.get_best_models()[0], keras.Model)


@pytest.mark.slow
@TUNERS
def test_tailored_search_space_and_loss(make, tmp_path):
    values = keras_tuner.HyperParameters()
    values.Float("learning_rate", 0.01, 0.02)
    tuner = make(
        build,
        hyperparameters=values,
        tune_new_entries=False,
        objective="val_loss",
        optimizer="sgd",
        max_trials=2,
        overwrite=True,
        directory=tmp_path,
    )
    search(tuner, epochs=1)
    for trial in tuner.oracle.trials.values():
        assert 0.01 <= trial.hyperparameters.get("learning_rate") <= 0.02
        assert trial.hyperparameters.get("activation") == "relu"
    assert isinstance(tuner.get_best_models()[0].optimizer, keras.optimizers.SGD)


@pytest.mark.slow
@TUNERS
def test_tensorboard(make, tmp_path, capsys):
    tuner = make(build, objective="val_accuracy", max_trials=1, directory=tmp_path, overwrite=True)
    board = keras.callbacks.TensorBoard(tmp_path / "board")
    search(tuner, epochs=1, callbacks=[board], verbose=2)
    assert list((tmp_path / "board").rglob("events.out*"))
    assert ("callback `TensorBoard`" in capsys.readouterr().out) == (make is Tuner)


def test_a_late_mistake_in_the_objective_is_told_before_the_search(tmp_path):
    tuner = Tuner(
        build, objective=keras_tuner.Objective("val_acc", "max"), max_trials=1, directory=tmp_path
    )
    with pytest.raises(ArgumentError, match="must be one of the model's metrics.*val_accuracy"):
        search(tuner)
    assert not tuner.oracle.trials


def test_several_objectives(tmp_path):
    with pytest.raises(ArgumentError, match="must have one objective"):
        Tuner(build, objective=["val_loss", "val_accuracy"], directory=tmp_path)


def test_an_argument_of_another_tuner_is_named(tmp_path, capsys):
    tuner = Tuner(
        build, objective="val_loss", max_epochs=3, factor=3, directory=tmp_path, max_trials=1
    )
    assert "`factor=3` has no effect" in capsys.readouterr().out
    assert tuner.max_epochs == 3


def test_values_found_by_hand_come_first(tmp_path):
    first = [{"learning_rate": 0.02, "activation": "tanh"}, {"learning_rate": 0.05}]
    arguments = {"objective": "val_loss", "directory": tmp_path, "seed": 0, "first": first}
    tuner = Tuner(build, max_trials=3, **arguments)
    search(tuner, epochs=1)
    values = [tuner.oracle.trials[name].hyperparameters.values for name in tuner.oracle.start_order]
    assert values[0] == first[0]
    assert values[1]["learning_rate"] == 0.05
    assert values[2]["learning_rate"] not in (0.02, 0.05)
    # A search that goes on tries only what it has not tried.
    more = Tuner(build, max_trials=5, **{**arguments, "first": [*first, {"learning_rate": 0.09}]})
    search(more, epochs=1)
    rates = [
        more.oracle.trials[name].hyperparameters.get("learning_rate")
        for name in more.oracle.start_order
    ]
    assert rates[3] == 0.09
    assert rates[4] not in (0.02, 0.05, 0.09)


@pytest.mark.parametrize(
    ("first", "message"),
    [
        ([{"rate": 0.1}], "must belong to hyperparameters of the builder.*Received: rate=0.1"),
        ([{"learning_rate": 3.0}], "'learning_rate' must be .*Received: learning_rate=3.0"),
        (["learning_rate"], "`first` must hold dictionaries"),
        (
            [{"activation": "relu"}] * 3,
            "3 of them, 2 trials. Give at least --trials 3, or max_trials=3",
        ),
    ],
)
def test_values_that_cannot_come_first_are_told_before_the_search(tmp_path, first, message):
    with pytest.raises(ArgumentError, match=message):
        search(Tuner(build, "val_loss", 2, directory=tmp_path, first=first))


def test_trials_are_drawn_around_what_an_earlier_search_found(tmp_path):
    priors = {"learning_rate": Prior(0.01, 0.05), "activation": Prior("tanh")}
    tuner = Tuner(build, "val_loss", 4, directory=tmp_path, seed=0, priors=priors)
    search(tuner, epochs=1)
    trials = [tuner.oracle.trials[name] for name in tuner.oracle.start_order]
    assert trials[0].hyperparameters.values == {"learning_rate": 0.01, "activation": "tanh"}
    # The second is drawn around it on the logarithmic scale of two decades, the fourth anywhere.
    assert abs(math.log10(trials[1].hyperparameters.get("learning_rate") / 0.01)) < 0.4
    with pytest.raises(ArgumentError, match="'learning_rate' must be"):
        search(
            Tuner(
                build,
                "val_loss",
                directory=tmp_path,
                overwrite=True,
                priors={"learning_rate": Prior(7.0)},
            )
        )


def test_a_fatal_error_ends_the_search_and_failures_in_a_row_do(tmp_path):
    def fatal(hp):
        if hp.Int("units", 1, 50) != 1:
            raise keras_tuner.errors.FatalValueError("no further")
        return build(hp)

    tuner = Tuner(fatal, objective="val_loss", directory=tmp_path, overwrite=True, seed=0)
    with pytest.raises(keras_tuner.errors.FatalError, match="no further"):
        search(tuner, epochs=1)

    def large(hp):
        hp.Int("units", 1, 50)
        return build(hp)

    tuner = Tuner(
        large,
        objective="val_loss",
        directory=tmp_path,
        overwrite=True,
        max_model_size=3,
        max_consecutive_failed_trials=2,
    )
    with pytest.raises(RuntimeError, match="Oversized model"):
        search(tuner, epochs=1)
    assert [trial.status for trial in tuner.oracle.trials.values()][:2] == ["FAILED"] * 2
