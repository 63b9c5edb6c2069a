"""A recipe for tables whose network is small, and estimators with it."""

import pytest

RECIPE = """
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
    name="small",
    load=load_table,
    preprocess=preprocess,
    build=build,
    objective="val_loss",
    plan=CoarseToFine(trials=2, epochs=20, batch_size=32, refit_seeds=1),
)
"""


@pytest.fixture(scope="module", autouse=True)
def _the_end_is_untried(end_untried):
    """Each fit has one."""


@pytest.fixture(scope="session")
def small(made_once):
    """The path of the recipe."""
    folder = made_once("estimators", lambda folder: (folder / "small.py").write_text(RECIPE))
    return folder / "small.py"
