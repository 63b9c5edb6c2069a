"""A recipe for tables whose network is small."""

import keras

from dlrecipes.data import TablePreprocess, load_table
from dlrecipes.recipe import Recipe
from dlrecipes.search import CoarseToFine
from dlrecipes.targets import loss_and_metrics


def preprocess(spec):
    return TablePreprocess(spec.columns)


def build(hp, spec):
    rate = hp.Float("learning_rate", 1e-2, 1e-1, sampling="log")
    model = keras.Sequential(
        [
            keras.Input(spec.input_shape),
            keras.layers.Dense(8, activation="relu"),
            keras.layers.Dense(spec.outputs, dtype="float32"),
        ]
    )
    model.compile(keras.optimizers.Adam(rate), **loss_and_metrics(spec.targets))
    return model


RECIPE = Recipe(
    name="small_table",
    load=load_table,
    preprocess=preprocess,
    build=build,
    objective="val_loss",
    plan=CoarseToFine(trials=2, epochs=20, batch_size=32, refit_seeds=1),
)
