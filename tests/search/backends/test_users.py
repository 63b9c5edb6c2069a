"""The same builder in KerasTuner, in a plain Optuna objective, and in a search."""

import keras
import keras_tuner
import numpy as np
import optuna
import pytest

from dlrecipes.data import from_arrays
from dlrecipes.errors import ArgumentError, BuilderError
from dlrecipes.results import Objective, Plan, Stage
from dlrecipes.search import Store, discover_space, search, suggest
from dlrecipes.training.engines import FitEngine


def build(hp):
    """A builder as KerasTuner's own guides write it."""
    model = keras.Sequential([keras.Input((4,))])
    for at in range(hp.Int("layers", 1, 2)):
        model.add(keras.layers.Dense(hp.Int(f"units_{at}", 4, 8, step=4), activation="relu"))
    model.add(keras.layers.Dense(3))
    rate = hp.Float("learning_rate", 1e-3, 1e-1, sampling="log")
    kind = hp.Choice("optimizer", ["adam", "sgd"])
    optimizer = keras.optimizers.Adam(rate)
    with hp.conditional_scope("optimizer", ["sgd"]):
        if kind == "sgd":
            optimizer = keras.optimizers.SGD(rate, momentum=hp.Float("momentum", 0.0, 0.9))
    model.compile(
        optimizer,
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        run_eagerly=True,  # a graph takes longer to trace than three steps to take
    )
    return model


@pytest.fixture(scope="module")
def development():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(90, 4))
    return from_arrays(x, np.digitize(x[:, 0], [-0.5, 0.5])).development()


def test_in_keras_tuner(development, tmp_path):
    tuner = keras_tuner.RandomSearch(
        build, objective="val_accuracy", max_trials=2, directory=tmp_path, seed=0
    )
    train, held_out = development.train, development.validation
    tuner.search(train.x, train.y, validation_data=(held_out.x, held_out.y), epochs=1, verbose=0)
    assert len(tuner.oracle.trials) == 2
    assert "learning_rate" in tuner.get_best_hyperparameters()[0].values


def test_in_a_plain_optuna_objective(development):
    train, held_out = development.train, development.validation

    def objective(trial):
        model = suggest(trial, build)
        history = model.fit(
            train.x, train.y, validation_data=(held_out.x, held_out.y), epochs=1, verbose=0
        )
        return max(history.history["val_accuracy"])

    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=0))
    study.optimize(objective, n_trials=2)
    for trial in study.trials:
        assert ("momentum" in trial.params) == (trial.params["optimizer"] == "sgd")
        assert ("units_1" in trial.params) == (trial.params["layers"] == 2)
        assert 1e-3 <= trial.params["learning_rate"] <= 1e-1


def test_suggest_says_what_is_wrong():
    trial = optuna.create_study().ask()
    with pytest.raises(ArgumentError, match="`build` must be callable.*Received: build=3"):
        suggest(trial, 3)

    class Units(keras_tuner.HyperModel):
        def build(self, hp):
            return hp.Int("of a hypermodel", 2, 3)

    assert suggest(trial, Units()) in (2, 3)
    with pytest.raises(BuilderError, match="one range under one name"):
        suggest(trial, lambda hp: (hp.Int("units", 1, 4), hp.Int("units", 1, 5)))


@pytest.mark.slow
def test_with_keras_tuners_oracle_in_a_search(development, tmp_path, context, recorder):
    objective = Objective("val_accuracy", "max")
    plan = Plan((Stage("only", 3, 2, sampler="keras_tuner_bayesian", pruner="none"),))
    result = search(
        plan,
        discover_space(build),
        FitEngine(development, objective, "float32"),
        Store.open(tmp_path / "study.journal", "run"),
        context(build, engine="fit", listener=recorder()),
    )
    assert [one.status for one in result.trials] == ["completed"] * 3
    for record in result.trials:
        assert ("momentum" in record.values) == (record.values["optimizer"] == "sgd")
        assert record.values["units_0"] in (4, 8)
        assert record.epochs == len(record.history["val_accuracy"]) == 2
        assert record.score == max(record.history["val_accuracy"])
        assert record.parameters > 0
    assert {one.policy for one in result.trials} == {"float32"}
