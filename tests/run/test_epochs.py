"""A builder knows for how many epochs its network is trained: stage by stage, and in the refits."""

from functools import partial

import keras
import numpy as np
import pytest

import dlrecipes as dlr
from dlrecipes.results import Plan, Stage, TrialRecord
from dlrecipes.run.rungs import _Climb
from dlrecipes.rundir import RunDirectory
from dlrecipes.search import GivenHyperParameters, Listener
from dlrecipes.training.own_training import OwnTraining

BATCH = 24
PLAN = Plan(
    (Stage("coarse", 3, 2, "sobol", "none"), Stage("fine", 2, 3, "random", narrow=True)),
    batch_size=BATCH,
    refit_seeds=1,
    refit_epochs=4,
)


def _build(heard, hp, spec):
    epochs = hp.Fixed("epochs", 30)
    heard.append(epochs)
    steps = epochs * -(-spec.train_size // BATCH)
    rate = hp.Float("learning_rate", 1e-2, 1e-1, sampling="log")
    model = keras.Sequential(
        [keras.Input(spec.input_shape), keras.layers.Dense(1, activation="sigmoid")]
    )
    schedule = keras.optimizers.schedules.CosineDecay(rate, steps)
    model.compile(keras.optimizers.SGD(schedule), "binary_crossentropy")
    return model


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["fit", "resident", "population"])
def test_the_whole_procedure(splits, settings, engine):
    """Each training has the schedule of its own epochs, and is exported with its own weights."""
    heard = []
    build = partial(_build, heard)
    options = settings(engine=engine, baseline_seconds=0.1)
    run = dlr.tune(build, splits, "val_loss", PLAN, options, listener=Listener())
    directory = RunDirectory(run.directory)
    trials = directory.read_study().trials
    assert [(one.stage, one.values["epochs"], one.epochs) for one in trials] == [
        *[("coarse", 2, 2)] * 3,
        *[("fine", 3, 3)] * 2,
    ]
    assert {one.engine for one in trials} == {engine}
    (refit,) = run.result.refits
    assert len(refit.history["loss"]) == 4
    assert {2, 3, 4, 30} <= set(heard)
    if engine != "fit":
        return
    # ---- curves are those of Keras alone, told the same epochs by hand
    data = splits.development()
    winner = run.result.best.values
    refitted = TrialRecord("refit", 0, {**winner, "epochs": 4}, "completed", seed=refit.seed)
    for trial, history in [*((one, one.history) for one in trials), (refitted, refit.history)]:
        keras.utils.set_random_seed(trial.seed)
        model = _build([], GivenHyperParameters(trial.values), splits.model_spec)
        fitted = model.fit(
            data.train.x,
            data.train.y,
            batch_size=BATCH,
            epochs=trial.values["epochs"],
            validation_data=(data.validation.x, data.validation.y),
            verbose=0,
        )
        np.testing.assert_allclose(history["val_loss"], fitted.history["val_loss"], rtol=1e-5)


def test_a_rung_of_a_learning_curve_hands_its_epochs_on():
    """Whatever those of the winner were."""
    climb = _Climb(
        build=lambda hp: hp.Fixed("epochs", 30),
        goal=None,
        plan=PLAN,
        policy="float32",
        engine="fit",
        values={"epochs": 3},
        own=OwnTraining(),
        seed=0,
        seeds=1,
        listener=Listener(),
    )
    assert climb._job(0, 0, epochs=12).build() == 12
