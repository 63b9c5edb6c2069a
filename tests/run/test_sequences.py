"""Recurrent builders on `(examples, steps, features)`: interrupted, resumed, opened, exported."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

import dlrecipes as dlr
from dlrecipes.search import Listener

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(300, 24, 3)).astype("float32")
Y = (X[:, :, 0].sum(axis=1) + X[:, -1, 1] > 0).astype(int)
PLAN = dlr.CoarseToFine(trials=4, epochs=3, refit_seeds=2)


def gru(hp):
    model = keras.Sequential(
        [
            keras.Input((24, 3)),
            keras.layers.GRU(hp.Int("units", 4, 8)),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    rate = hp.Float("learning_rate", 1e-3, 1e-1, sampling="log")
    model.compile(keras.optimizers.Adam(rate), "binary_crossentropy", metrics=["accuracy"])
    return model


class Interrupt(Listener):
    """Presses Ctrl-C when the first trial is finished."""

    def on_trial(self, record):
        raise KeyboardInterrupt


def _trials(run):
    trials = json.loads((run.directory / "study.json").read_text())["trials"]
    return [{name: trial[name] for name in ("stage", "values", "status")} for trial in trials]


@pytest.mark.slow
def test_a_gru_is_searched_resumed_and_exported(tmp_path):
    def settings(name):
        return dlr.RunSettings(out=tmp_path / name, engine="resident")

    splits = dlr.data.from_arrays(X, Y)
    assert splits.raw_spec.kind == "sequence"
    whole = dlr.tune(gru, splits, "val_accuracy", PLAN, settings("whole"), listener=Listener())
    with pytest.raises(KeyboardInterrupt):
        dlr.tune(gru, splits, "val_accuracy", PLAN, settings("run"), listener=Interrupt())
    run = dlr.resume(tmp_path / "run", gru, splits, listener=Listener())
    assert _trials(run) == _trials(whole)
    assert {choice.engine for choice in run.info.engines} == {"resident"}
    assert run.result.best == whole.result.best
    run.open_test_set("a test")
    assert run.report().is_file()
    exported = tf.saved_model.load(str(run.export("saved_model")))
    answer = exported.signatures["serving_default"](tf.constant(X[:5]))
    np.testing.assert_allclose(answer["probabilities"], run.predict(X[:5]), atol=1e-5)
