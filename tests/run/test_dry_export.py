"""What cannot be exported is told before the search; a winner that cannot gives way."""

from dataclasses import replace

import keras
import numpy as np
import pytest

import dlrecipes as dlr
from dlrecipes.errors import ExportError
from dlrecipes.results import Hyperparameter, Objective, StudyResult, TrialRecord
from dlrecipes.run.dry_export import DryExport, exportable_winner, try_choices
from dlrecipes.search import discover_space

X = np.random.default_rng(0).normal(size=(60, 4)).astype("float32")
SPLITS = dlr.data.from_arrays(X, (X[:, 0] > 0).astype(int))


class NotTraced(keras.layers.Layer):
    """It looks at values, which a graph has not."""

    def call(self, x):
        return keras.ops.convert_to_tensor(np.asarray(x) * 2.0)


def build(hp):
    layers = [keras.layers.Dense(hp.Int("units", 2, 8), activation="relu")]
    if hp.Choice("kind", ["plain", "odd"]) == "odd":
        layers.append(NotTraced())
    if hp.Boolean("deep"):
        layers.append(keras.layers.Dense(4))
    model = keras.Sequential([keras.Input((4,)), *layers, keras.layers.Dense(1)])
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(hp.Choice("optimizer", ["adam", "sgd", "rmsprop"]), loss)
    return model


def plain(hp):
    with hp.conditional_scope("size", ["large"]):
        pass
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    hp.Choice("size", [1, 2, 3])
    if hp.Choice("picky", ["no", "yes"]) == "yes":
        raise ValueError("not with me")
    model.compile("sgd", keras.losses.BinaryCrossentropy(from_logits=True))
    return model


@pytest.fixture
def dry():
    return DryExport(build, SPLITS, "float32")


def test_a_choice_that_cannot_be_exported_is_named(dry):
    with pytest.raises(ExportError, match=r"must have a graph.*kind='odd'"):
        try_choices(dry, discover_space(build))


def test_each_network_is_tried_once(dry, monkeypatch):
    traced = []
    monkeypatch.setattr(DryExport, "_trace", lambda self, network, values: traced.append(values))
    space = tuple(one for one in discover_space(build) if one.name != "kind")
    assert try_choices(dry, space) == ()
    # Another optimizer is no other network.
    assert traced == [{"deep": True}, {"optimizer": "sgd"}]


def test_what_there_is_no_time_for_is_named(dry):
    (line,) = try_choices(dry, discover_space(build), seconds=-1.0)
    assert "kind='odd', deep=True, optimizer='sgd', optimizer='rmsprop'" in line


def test_values_that_a_builder_refuses_are_left_to_the_trials():
    space = (Hyperparameter("picky", "choice", choices=("no", "yes"), default="no"),)
    assert try_choices(DryExport(plain, SPLITS, "float32"), space) == ()


def test_the_next_best_wins_where_the_best_cannot_be_exported(dry):
    trials = [
        TrialRecord("fine", number, {"units": 4, "kind": kind}, "completed", score=score)
        for number, (kind, score) in enumerate([("odd", 0.9), ("odd", 0.9), ("plain", 0.8)])
    ]
    study = StudyResult(Objective("val_accuracy", "max"), (), (), tuple(trials), trials[0])
    said = []
    assert exportable_winner(study, dry, said.append).best is trials[2]
    assert len(said) == 1
    assert "fine trial 0 cannot be exported, so the next best is taken" in said[0]
    assert [dry.refuses(dict(trial.values)) is None for trial in trials] == [False, False, True]
    good = replace(study, best=trials[2])
    assert exportable_winner(good, dry, said.append) is good
    bad = replace(study, trials=tuple(trials[:2]))
    with pytest.raises(ExportError, match="kind='odd'"):
        exportable_winner(bad, dry, said.append)
