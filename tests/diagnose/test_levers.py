"""What hyperparameters move, whatever they are called."""

import keras
import pytest

from dlrecipes.diagnose import find_levers
from dlrecipes.layers import InvertedDropout, ScheduledDropout
from dlrecipes.results import Hyperparameter
from dlrecipes.training.schedules import CosLog4, FlatCos, ScheduledAdamW


def _make(values):
    return _build(**{"a": 8, "b": 1, "c": 0.1, "d": 0.01, "e": 1e-3, "f": 0.0, **values})


def _build(a, b, c, d, e, f, g=0.0, h="relu"):
    x = inputs = keras.Input((4,))
    for _ in range(b):
        x = keras.layers.Dense(a, h, kernel_regularizer=keras.regularizers.L2(d))(x)
        x = keras.layers.Dropout(c)(x)
        x = InvertedDropout(1 - 0.9**g)(x)
    model = keras.Model(inputs, keras.layers.Dense(1)(x))
    model.compile(keras.optimizers.AdamW(10 * e, weight_decay=f), "mse")
    return model


SPACE = (
    Hyperparameter("a", "int", 4, 64),
    Hyperparameter("b", "choice", choices=(1, 2, 3)),
    Hyperparameter("c", "float", 0.0, 0.5),
    Hyperparameter("d", "float", 1e-4, 0.1, log=True),
    Hyperparameter("e", "float", 1e-5, 1e-1, log=True),
    Hyperparameter("f", "float", 0.0, 0.1),
    Hyperparameter("g", "float", 0.0, 3.0),
    Hyperparameter("h", "choice", choices=("relu", "tanh")),
    Hyperparameter("gone", "float", 0.0, 1.0, conditions=(("h", ("tanh",)),)),
)
VALUES = {"a": 60, "b": 1, "c": 0.5, "d": 0.1, "e": 1e-3, "f": 0.0, "g": 0.0, "h": "relu"}


def test_what_each_moves():
    found = {lever.name: lever.effects for lever in find_levers(_make, VALUES, SPACE)}
    assert found == {
        "a": {"size": 1},
        "b": {"size": 1},
        "c": {"dropout": 1},
        "d": {"penalty": 1},
        "e": {"learning rate": 1},
        "f": {"penalty": 1},
        "g": {"dropout": 1},
    }


def test_schedules_and_several_optimizers():
    def make(values):
        dropped = ScheduledDropout(FlatCos(values["drop"], 20))
        model = keras.Sequential([keras.Input((4,)), dropped, keras.layers.Dense(1)])
        of_kernels = ScheduledAdamW(CosLog4(values["rate"], 20), FlatCos(values["decay"], 20))
        of_biases = keras.optimizers.SGD(values["of biases"])
        patterns = keras.optimizers.OptimizerMap(of_kernels, {".*bias": of_biases})
        model.compile(keras.optimizers.MultiOptimizer(patterns), "mse")
        return model

    effects = {
        "drop": "dropout",
        "decay": "penalty",
        "rate": "learning rate",
        "of biases": "learning rate",
    }
    space = [Hyperparameter(name, "float", 0.0, 0.5) for name in effects]
    found = find_levers(make, dict.fromkeys(effects, 0.1), space)
    assert {lever.name: lever.effects for lever in found} == {
        name: {effect: 1} for name, effect in effects.items()
    }


def test_more_of_it_may_mean_less():
    def keep(values):
        return _build(8, 1, 1 - values["keep"], 0.0, 1e-3, 0.0)

    (lever,) = find_levers(keep, {"keep": 0.9}, [Hyperparameter("keep", "float", 0.5, 1.0)])
    assert (lever.effects, lever.value) == ({"dropout": -1}, 0.9)


def test_a_builder_that_refuses_a_value_has_no_lever():
    def refusing(values):
        if values["a"] != 8:
            raise ValueError("only 8")
        return _make(values)

    assert find_levers(refusing, {"a": 8}, SPACE[:1]) == ()
    assert find_levers(refusing, {"a": 9}, SPACE[:1]) == ()


@pytest.mark.parametrize("value", ["many", True, None])
def test_only_numbers_are_moved(value):
    assert find_levers(lambda values: _make({}), {"a": value}, SPACE[:1]) == ()
