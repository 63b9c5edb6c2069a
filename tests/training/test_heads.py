"""What is said of builders that do not fit data with several targets."""

import keras
import numpy as np
import pytest

from dlrecipes.data import from_arrays
from dlrecipes.errors import BuilderError
from dlrecipes.models import build_mlp, build_multitask
from dlrecipes.results import Objective
from dlrecipes.targets import loss_and_metrics
from dlrecipes.training.preflight import check_model


@pytest.fixture(scope="module")
def splits():
    x = np.random.default_rng(0).normal(size=(90, 2))
    return from_arrays(x, {"sign": x[:, 0] > 0, "sum": x.sum(axis=1)})


@pytest.fixture(scope="module")
def with_gaps():
    x = np.random.default_rng(0).normal(size=(90, 2))
    total = x.sum(axis=1)
    total[40:50] = np.nan
    return from_arrays(x, {"sign": x[:, 0] > 0, "sum": total})


def heads(losses, metrics=None, activation=None):
    inputs = keras.Input((2,))
    sign = keras.layers.Dense(1, activation=activation)(inputs)
    model = keras.Model(inputs, {"sign": sign, "sum": keras.layers.Dense(1)(inputs)})
    model.compile("adam", losses, metrics=metrics)
    return model


LOGITS = keras.losses.BinaryCrossentropy(from_logits=True)


@pytest.mark.parametrize(
    ("losses", "metrics", "message"),
    [
        ({"sign": LOGITS}, None, "must have a loss. Received: none for sum"),
        ({"sign": "binary_crossentropy", "sum": "mse"}, None, "expects probabilities.*'sign'"),
    ],
)
def test_heads_that_do_not_fit(splits, losses, metrics, message):
    model = heads(losses, metrics)
    with pytest.raises(BuilderError, match=message):
        check_model(model, splits.development(), Objective("val_loss", "min"))


def test_losses_that_know_no_gaps(splits, with_gaps):
    losses = {"sign": LOGITS, "sum": "mse"}
    check_model(heads(losses), splits.development(), Objective("val_loss", "min"))
    with pytest.raises(BuilderError, match="leave missing ones out"):
        check_model(heads(losses), with_gaps.development(), Objective("val_loss", "min"))
    check_model(multitask(with_gaps), with_gaps.development(), Objective("val_loss", "min"))


def test_a_subclassed_model(splits):
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.sign, self.sum = keras.layers.Dense(1), keras.layers.Dense(1)

        def call(self, x):
            return {"sign": self.sign(x), "sum": self.sum(x)}

    model = Own()
    model.compile("adam", {"sign": LOGITS, "sum": "mse"})
    with pytest.raises(BuilderError, match="must be functional"):
        check_model(model, splits.development(), Objective("val_loss", "min"))


def multitask(splits):
    model = build_multitask(splits.raw_spec.input_shape, splits.raw_spec.targets, hidden_units=(4,))
    model.compile("adam", **loss_and_metrics(splits.raw_spec.targets))
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
    model = build_mlp(splits.raw_spec.input_shape, 1)
    model.compile("adam", "mse")
    with pytest.raises(
        BuilderError, match=r"dictionary, or a list.*names: sign, sum\. Received: one output"
    ):
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
