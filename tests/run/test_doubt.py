"""A look at why nothing is learned, where the first trials are no better than chance."""

import logging
from types import SimpleNamespace

import keras
import numpy as np
import pytest

import dlrecipes as dlr
from dlrecipes.results import TrialRecord
from dlrecipes.run.doubt import Doubt

WRONG = dlr.Finding("learned by heart", "Two examples cannot be learned.", severity="error")
KNOWN = dlr.Finding("initial loss", "The loss begins at 0.7.")


class Heard(dlr.search.Listener):
    def __init__(self):
        self.notes, self.findings, self.trials = [], [], []

    def on_note(self, line):
        self.notes.append(line)

    def on_finding(self, finding):
        self.findings.append(finding)

    def on_trial(self, record):
        self.trials.append(record)


def doubt(chance, goal="val_accuracy", found=(WRONG, KNOWN)):
    heard, looked = Heard(), []

    def look(values):
        looked.append(values)
        return found

    return heard, looked, Doubt(logging.getLogger(), heard, dlr.Objective.parse(goal), chance, look)


def records(*scores):
    return [
        TrialRecord("coarse", at, {"units": at}, "completed", score)
        for at, score in enumerate(scores)
    ]


def study(trials, best):
    return SimpleNamespace(trials=trials, best=best)


@pytest.mark.parametrize(
    ("goal", "chance", "scores", "best"),
    [
        ("val_accuracy", 0.5, (0.5, 0.48, 0.505, 0.5), 2),
        ("val_loss", 0.693, (0.7, 0.69, 0.72, 0.9), 1),
        ("val_accuracy", 0.5, (None, None, None, None), 0),
        ("val_accuracy", None, (None, None, None, None), 0),
        ("val_r2", 0.0, (-0.2, -1.0, None, 0.0), 3),
    ],
)
def test_no_better_than_chance(goal, chance, scores, best):
    heard, looked, doubting = doubt(chance, goal)
    trials = records(*scores)
    for record in trials:
        doubting.on_trial(record)
    assert heard.trials == trials
    assert looked == [{"units": best}]
    assert heard.findings == [WRONG]
    assert "no better than chance" in heard.notes[0]
    assert doubting.of_study(study(trials, trials[best])) == (WRONG,)
    assert len(looked) == 1  # once is enough
    later = TrialRecord("fine", 9, {}, "completed", {"val_loss": 0.1}.get(goal, 0.9))
    if chance is not None:  # a study that got somewhere after all
        assert doubting.of_study(study([*trials, later], later)) == ()


@pytest.mark.parametrize(
    ("goal", "chance", "scores"),
    [
        ("val_accuracy", 0.5, (0.5, 0.5, 0.7, 0.5)),
        ("val_loss", 0.693, (0.7, 0.6, 0.7, 0.7)),
        ("val_accuracy", None, (0.1, None, 0.1, 0.1)),
        ("val_accuracy", 0.5, (0.5, 0.5, 0.5)),
    ],
)
def test_who_learns_pays_nothing(goal, chance, scores):
    heard, looked, doubting = doubt(chance, goal)
    trials = records(*scores)
    for record in trials:
        doubting.on_trial(record)
    best = max(trials, key=lambda one: one.score or 0.0)
    best = min(trials, key=lambda one: one.score) if goal == "val_loss" else best
    assert doubting.of_study(study(trials, best)) == ()
    assert not looked
    assert not heard.notes


def test_a_builder_that_raises_is_told_by_its_trials():
    heard, _, doubting = doubt(0.5)
    doubting._look = lambda values: {}["no such layer"]
    trials = records(*[None] * 4)
    for record in trials:
        doubting.on_trial(record)
    assert doubting.of_study(study(trials, trials[0])) == ()
    assert heard.trials == trials
    assert not heard.findings
    assert not heard.notes


def test_a_resumed_study_is_looked_at_once():
    heard, looked, doubting = doubt(0.5, found=())
    trials = records(*[0.5] * 5)
    assert doubting.of_study(study(trials, trials[0])) == ()
    assert len(looked) == 1
    assert "After 5 trials" in heard.notes[0]
    assert "nothing wrong was found" in heard.notes[0]


@pytest.mark.slow
def test_a_sick_builder_is_told_after_four_trials(tmp_path):
    x = np.random.default_rng(0).normal(size=(300, 4)).astype("float32")

    def build(hp):
        rate = hp.Float("learning_rate", 1e-4, 1e-1, sampling="log")
        layers = keras.layers
        body = [layers.Dense(16, "relu"), layers.Dense(1), layers.LayerNormalization()]
        model = keras.Sequential([keras.Input((4,)), *body, layers.Dense(1, "sigmoid")])
        model.compile(keras.optimizers.Adam(rate), "binary_crossentropy", metrics=["accuracy"])
        return model

    heard = Heard()
    splits = dlr.data.from_arrays(x, (x[:, 0] > 0).astype(int))
    run = dlr.tune(
        build,
        splits,
        "val_accuracy",
        dlr.CoarseToFine(trials=6, epochs=3, refit_seeds=2),
        dlr.RunSettings(out=tmp_path / "run"),
        listener=heard,
    )
    assert any("After 4 trials" in line for line in heard.notes)
    told = {one.name: one.severity for one in run.result.findings}
    assert told["learned by heart"] == "error"
