"""What an engine takes of `keras.Model.fit`'s arguments, and what it leaves to `fit`."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlrecipes.results import Objective, Stopping
from dlrecipes.search.fit_arguments import FitArguments, OnlyFit

X = np.random.default_rng(0).normal(size=(20, 3))
Y = np.arange(20) % 2
ACCURACY = Objective("val_accuracy", "max")


def read(*args, objective=ACCURACY, **kwargs):
    return FitArguments.read(args, kwargs, objective)


def test_the_last_examples_validate():
    read_ = read(X, Y, validation_split=0.25, epochs=3, batch_size=8)
    development = read_.development
    np.testing.assert_array_equal(development.train.x, X[:15].astype("float32"))
    np.testing.assert_array_equal(development.validation.y, Y[15:])
    assert (read_.epochs, read_.batch_size, read_.stopping) == (3, 8, Stopping())


def test_weights_of_classes_weigh_the_training_examples_only():
    development = read(X, Y, validation_data=(X, Y), class_weight={1: 3.0}).development
    np.testing.assert_array_equal(development.train.sample_weight, np.where(Y == 1, 3.0, 1.0))
    np.testing.assert_array_equal(development.validation.sample_weight, np.ones(20))


@pytest.mark.parametrize(
    "y", [Y + 1, Y * 5, (Y * 5).reshape(-1, 1), Y.astype("float64"), np.c_[Y, 1 - Y, Y]]
)
def test_targets_stay_what_they_are(y):
    arguments = read(X, y, validation_data=(X, y))
    np.testing.assert_array_equal(arguments.targets(20), y)


def test_early_stopping_by_the_objective_is_patience():
    stop = keras.callbacks.EarlyStopping("val_accuracy", patience=4)
    data = {"validation_data": (X, Y)}
    read_ = read(X, Y, callbacks=[stop, keras.callbacks.TerminateOnNaN()], **data)
    assert read_.stopping == Stopping(patience=4)
    coarse = keras.callbacks.EarlyStopping("val_accuracy", patience=3, min_delta=0.1)
    assert read(X, Y, callbacks=coarse, **data).stopping == Stopping(patience=3, min_delta=0.1)
    with pytest.raises(OnlyFit, match="several ways"):
        read(X, Y, callbacks=[stop, coarse], **data)
    with pytest.raises(OnlyFit, match="early stopping by `val_accuracy`, where .* `val_loss`"):
        read(X, Y, callbacks=stop, objective=Objective("val_loss", "min"), **data)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"x": X, "y": Y}, "without validation data"),
        ({"x": X, "y": Y, "validation_split": 0.2, "shuffle": False}, "shuffle=False"),
        ({"x": [X, X], "y": Y, "validation_split": 0.2}, "inputs as a list"),
        ({"x": tf.data.Dataset.from_tensors((X, Y))}, "inputs as a "),
        (
            {"x": X, "y": Y, "validation_split": 0.2, "callbacks": [keras.callbacks.Callback()]},
            "callback `Callback`",
        ),
        ({"x": X, "y": np.array(["a", "b"])[Y], "validation_split": 0.2}, "must be numbers"),
    ],
)
def test_what_only_fit_can_do(arguments, reason):
    with pytest.raises(OnlyFit, match=reason):
        read(**arguments)
