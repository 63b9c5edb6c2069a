"""Disease progression after a year: a regression that ridge regression does well.

Shows targets in the user's units (the model standardises them inside), a root mean squared
error as the objective, and a verdict that is honest about a strong linear baseline.

    dlrecipes tune diabetes

EXPECTED
"""

from __future__ import annotations

import math

import keras
import keras_tuner

from dlrecipes.data import Splits, load as load_bundled
from dlrecipes.models import build_mlp, prior_bias
from dlrecipes.recipe import Recipe
from dlrecipes.results import DataSpec
from dlrecipes.search import CoarseToFine

# The cosine runs over a full training; to train for another number of epochs, change it here.
EPOCHS = 60
BATCH_SIZE = 32


def load(split_seed: int = 0) -> Splits:
    """Load the 442 patients; `split_seed` draws another test set."""
    return load_bundled("diabetes", split_seed=split_seed)


def preprocess(spec: DataSpec) -> keras.Layer:
    """Standardise each feature with the training part's mean and variance."""
    return keras.layers.Normalization()


def build(hp: keras_tuner.HyperParameters, spec: DataSpec) -> keras.Model:
    """Return a compiled multilayer perceptron that predicts in the target's units."""
    # Without a hidden layer this is ridge regression, trained by gradients: the search may find
    # that the data asks for no more.
    layers = hp.Choice("hidden_layers", [0, 1])
    units = hp.Int("units", 4, 64, sampling="log")
    model = build_mlp(
        spec.input_shape,
        spec.outputs,
        hidden_units=(units,) * layers,
        dropout_rate=hp.Float("dropout", 0.0, 0.5),
        l2=hp.Float("l2", 1e-6, 1e-1, sampling="log"),
        output_bias=prior_bias(spec),
        target_mean=spec.target_mean,
        target_std=spec.target_std,
    )
    rate = hp.Float("learning_rate", 1e-4, 1e-1, sampling="log")
    steps = EPOCHS * math.ceil(spec.train_size / BATCH_SIZE)
    model.compile(
        optimizer=keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(rate, steps)),
        loss="mse",
        metrics=[keras.metrics.RootMeanSquaredError(name="rmse")],
    )
    return model


RECIPE = Recipe(
    name="diabetes",
    load=load,
    preprocess=preprocess,
    build=build,
    objective="val_rmse",
    plan=CoarseToFine(
        trials=24, epochs=EPOCHS, coarse_epochs=20, batch_size=BATCH_SIZE, refit_seeds=5
    ),
    shows="regression in the user's units, against ridge regression",
    minutes=2,
    expected="test RMSE",
)
