"""The callback for a plain Optuna objective: what it reports, prunes and keeps."""

import keras
import numpy as np
import optuna
import pytest

import dlrecipes as dlr
from dlrecipes.errors import ArgumentError

optuna.logging.set_verbosity(optuna.logging.ERROR)
X = np.linspace(-1, 1, 8, dtype="float32")[:, None]


class Scripted(keras.callbacks.Callback):
    """Puts scores of its own into the logs, and marks the weights with the epoch."""

    def __init__(self, scores, losses):
        super().__init__()
        self.scores, self.losses = scores, losses

    def on_epoch_end(self, epoch, logs=None):
        logs["val_auc"] = self.scores[epoch]
        logs |= {"val_loss": self.losses[epoch]} if self.losses else {}
        self.model.layers[-1].bias.assign([float(epoch)])


def train(trial, scores, objective="val_auc", losses=(), **options):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    best = dlr.StudyCallback(trial, objective, **options)
    callbacks = [Scripted(scores, losses), best]
    model.fit(X, X, epochs=len(scores), callbacks=callbacks, verbose=0)
    return model, best


def test_the_best_epoch_counts():
    study = optuna.create_study(direction="maximize")
    trial = study.ask()
    model, best = train(trial, [0.5, 0.9, 0.7, 0.9, 0.2])
    assert (best.score, best.best_epoch) == (0.9, 3)  # of equal ones the last
    assert float(model.layers[-1].bias[0]) == 3.0
    study.tell(trial, best.score)
    frozen = study.trials[0]
    assert frozen.user_attrs["best_epoch"] == 3
    assert frozen.intermediate_values == {0: 0.5, 1: 0.9, 2: 0.9, 3: 0.9, 4: 0.9}


def test_patience_ends_it():
    study = optuna.create_study(direction="maximize")
    _, best = train(study.ask(), [0.5, 0.4, 0.3, 0.9], patience=2)
    assert best.score == 0.5
    _, best = train(study.ask(), [0.5, 0.6, 0.7, 0.9], patience=2, min_delta=0.3)
    assert best.score == 0.7


def test_a_loss_that_rises_too_far_ends_it():
    study = optuna.create_study(direction="maximize")
    scores, losses = [0.1, 0.2, 0.3, 0.4], [2.0, 1.0, 1.5, 1.75]
    for highest, epoch in ((0.25, 2), (0.5, 3), (9.0, 3)):
        _, best = train(study.ask(), scores, losses=losses, max_loss_rise=highest)
        assert best.best_epoch == epoch


@pytest.mark.parametrize("scores", [[float("nan"), 0.9], [0.5, float("inf")]])
def test_what_is_not_finite_prunes(scores):
    study = optuna.create_study(direction="maximize")
    study.optimize(lambda trial: train(trial, scores)[1].score, n_trials=1)
    assert study.trials[0].state is optuna.trial.TrialState.PRUNED


def test_it_prunes_as_the_study_says():
    pruner = optuna.pruners.ThresholdPruner(lower=0.6)
    study = optuna.create_study(direction="maximize", pruner=pruner)
    study.optimize(lambda trial: train(trial, [0.9, 0.1, 0.5])[1].score, n_trials=1)
    study.optimize(lambda trial: train(trial, [0.5, 0.9])[1].score, n_trials=1)
    states = [trial.state.name for trial in study.trials]
    assert states == ["COMPLETE", "PRUNED"]  # the best so far is what is judged


def test_several_directions_report_nothing():
    study = optuna.create_study(directions=["maximize", "minimize"])
    study.optimize(lambda trial: (train(trial, [0.5, 0.9])[1].score, 1.0), n_trials=1)
    assert study.trials[0].values == [0.9, 1.0]


def test_wrong_uses():
    study = optuna.create_study(direction="minimize")
    with pytest.raises(ArgumentError, match='direction="maximize"'):
        dlr.StudyCallback(study.ask(), "val_auc")
    study = optuna.create_study(direction="maximize")
    with pytest.raises(ArgumentError, match=r"must be in the logs.*'val_accuracy', logs of loss"):
        train(study.ask(), [0.5], "val_accuracy")
