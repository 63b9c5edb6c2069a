"""Ordered classes through the whole procedure: a head for them, and nothing else."""

import keras
import numpy as np
import pytest

import dlrecipes as dlr
from dlrecipes.data import from_arrays
from dlrecipes.layers import OrdinalHead
from dlrecipes.losses import OrdinalLoss
from dlrecipes.results import Plan, Stage
from dlrecipes.search import Listener

LOSSES = {
    "likelihood": lambda: keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    "coral": OrdinalLoss,
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("engine", "loss"),
    [
        ("resident", "likelihood"),
        pytest.param("population", "coral", marks=pytest.mark.exhaustive),
        pytest.param("fit", "coral", marks=pytest.mark.exhaustive),
    ],
)
def test_from_arrays_to_an_export(settings, engine, loss):
    x = np.random.default_rng(0).normal(size=(300, 4))
    order = ["low", "middle", "high"]
    y = np.array(order)[np.digitize(x[:, 0] + x[:, 1] / 2, [-0.5, 0.5])]
    splits = from_arrays(x, y, classes=order)

    def build(hp, spec):
        inputs = keras.Input(spec.input_shape)
        hidden = keras.layers.Dense(8, activation="relu")(inputs)
        model = keras.Model(
            inputs, OrdinalHead(len(spec.target.class_names), spec.target.priors)(hidden)
        )
        rate = hp.Float("learning_rate", 1e-2, 1e-1, sampling="log")
        model.compile(keras.optimizers.Adam(rate), LOSSES[loss](), metrics=["accuracy"])
        return model

    plan = Plan((Stage("only", 3, 8, "random", "none"),), refit_seeds=2)
    run = dlr.tune(build, splits, plan=plan, settings=settings(engine=engine), listener=Listener())
    result = run.finish()
    assert result.engine.name == engine
    assert result.data.targets[0].class_names == ("low", "middle", "high")
    assert result.test.mean["accuracy"] > 0.75
    assert {"saved_model", "keras"} <= set(result.artifacts)
