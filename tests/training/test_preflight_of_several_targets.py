"""What is said of builders that do not fit data with several targets."""

import keras
import numpy as np
import pytest

from dlrecipes.data import from_arrays
from dlrecipes.errors import BuilderError
from dlrecipes.models import build_mlp, build_multitask, multitask_objective
from dlrecipes.results import Objective
from dlrecipes.training.preflight import check_model


@pytest.fixture(scope="module")
def splits():
    x = np.random.default_rng(0).normal(size=(90, 2))
    return from_arrays(x, {"sign": x[:, 0] > 0, "sum": x.sum(axis=1)})


def multitask(splits):
    model = build_multitask(splits.spec.input_shape, splits.spec.targets, hidden_units=(4,))
    model.compile("adam", **multitask_objective(splits.spec.targets))
    return model


@pytest.mark.parametrize(
    "objective", [Objective("val_loss", "min"), Objective("val_sign_accuracy", "max")]
)
def test_good_ones_pass(splits, objective):
    check_model(multitask(splits), splits.development(), objective)


def test_a_metric_that_is_not_there(splits):
    with pytest.raises(BuilderError, match="val_sign_accuracy"):
        check_model(multitask(splits), splits.development(), Objective("val_accuracy", "max"))


def test_one_output(splits):
    model = build_mlp(splits.spec.input_shape, 1)
    model.compile("adam", "mse")
    with pytest.raises(BuilderError, match="dictionary with sign, sum. Received: one output"):
        check_model(model, splits.development(), Objective("val_loss", "min"))


def test_other_names(splits):
    inputs = keras.Input((2,))
    outputs = {"sign": keras.layers.Dense(1)(inputs), "total": keras.layers.Dense(1)(inputs)}
    model = keras.Model(inputs, outputs)
    model.compile("adam", {"sign": "mse", "total": "mse"})
    with pytest.raises(BuilderError, match="Received: sign, total"):
        check_model(model, splits.development(), Objective("val_loss", "min"))


def test_a_head_of_another_width(splits):
    inputs = keras.Input((2,))
    outputs = {"sign": keras.layers.Dense(1)(inputs), "sum": keras.layers.Dense(3)(inputs)}
    model = keras.Model(inputs, outputs)
    model.compile("adam", {"sign": "mse", "sum": "mse"})
    with pytest.raises(BuilderError, match="head of 'sum' must have 1 unit"):
        check_model(model, splits.development(), Objective("val_loss", "min"))
