"""A search for a lesson finds what the search of a run does."""

import keras
import numpy as np

import dlrecipes as dlr
from dlrecipes.search import Listener


class Heard(Listener):
    def __init__(self):
        self.scores = []

    def on_trial(self, record):
        self.scores.append(record.score)


def build(hp):
    rate = hp.Float("learning_rate", 1e-4, 1.0, sampling="log")
    model = dlr.models.build_mlp((4,), 2, hidden_units=(6,))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(rate), loss)
    return model


def test_the_best_of_all_trials(tmp_path):
    x = np.random.default_rng(0).normal(size=(100, 4))
    splits = dlr.data.from_arrays(x, (x[:, 0] > 0).astype(int))
    stage = dlr.Stage("all", 4, 2, sampler="grid", pruner="none")
    heard = Heard()
    study = dlr.lesson.run_study(build, splits, dlr.Plan((stage,)), listener=heard)
    rates = sorted(one.values["learning_rate"] for one in study.trials)
    np.testing.assert_allclose(rates, np.logspace(-4, 0, 4))
    assert study.best.score == min(heard.scores)
    assert {one.engine for one in study.trials} == {"population"}
    again = dlr.lesson.run_study(build, splits, dlr.Plan((stage,)))
    assert [one.score for one in again.trials] == [one.score for one in study.trials]
