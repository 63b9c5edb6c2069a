"""Disease progression after a year: a regression that ridge regression does well.

Shows targets in the user's units (the model standardises them inside), a root mean squared
error as the objective, and a verdict that is honest about a strong linear baseline.

    dlrecipes tune diabetes

A minute on two CPU cores. Expect a test RMSE of 54.5 ± 1.2 (ten study seeds on the default split).
Nearest neighbours, 59.6, are beaten with each of the seeds. Ridge regression reaches 53.0, and the
verdict is "equal within the noise": 442 patients ask for no more than a line.
"""

from __future__ import annotations

import keras
import keras_tuner

from dlrecipes.data import Splits, load as load_bundled
from dlrecipes.models import build_mlp, prior_bias
from dlrecipes.recipe import Recipe
from dlrecipes.results import DataSpec
from dlrecipes.search import CoarseToFine


def load(split_seed: int = 0) -> Splits:
    """Load the 442 patients.

    Args:
        split_seed: Seed of the split: another one draws another test set.
    """
    return load_bundled("diabetes", split_seed=split_seed)


def preprocess(spec: DataSpec) -> keras.Layer:
    """Standardise each feature with the training part's mean and variance."""
    return keras.layers.Normalization()


def build(hp: keras_tuner.HyperParameters, spec: DataSpec) -> keras.Model:
    """Return a compiled multilayer perceptron that predicts in the target's units."""
    units = hp.Int("units", 4, 64, sampling="log")
    model = build_mlp(
        spec.input_shape,
        spec.outputs,
        hidden_units=(units,),
        dropout_rate=hp.Float("dropout", 0.0, 0.5),
        l2=hp.Float("l2", 1e-6, 1e-1, sampling="log"),
        output_bias=prior_bias(spec),
        target_mean=spec.target.mean,
        target_std=spec.target.std,
    )
    model.compile(
        optimizer=keras.optimizers.Adam(hp.Float("learning_rate", 1e-4, 1e-1, sampling="log")),
        loss="mse",
        metrics=[keras.metrics.RootMeanSquaredError(name="rmse")],
    )
    return model


RECIPE = Recipe(
    name="diabetes",
    task="tables",
    load=load,
    preprocess=preprocess,
    build=build,
    objective="val_rmse",
    plan=CoarseToFine(trials=24, epochs=40, coarse_epochs=15, refit_seeds=5),
    shows="regression in the user's units, against ridge regression",
    minutes=1,
    expected="test RMSE 54.5 ± 1.2",
    beats=("nearest neighbour", "nearest neighbours"),
)
