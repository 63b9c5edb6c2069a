"""A small task from Python: data, a builder and plans of a few seconds."""

import shutil

import keras
import numpy as np
import pytest

import dlrecipes as dlr
from dlrecipes.data import from_arrays
from dlrecipes.recipe import load_recipe
from dlrecipes.results import Plan, RunSettings, Stage
from dlrecipes.search import Listener


def _rows(seed=0, examples=120):
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(examples, 4))
    return x, np.where(x[:, 0] + x[:, 1] > 0, "yes", "no")


def _build(hp):
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(hp.Int("units", 2, 8), activation="relu"),
            keras.layers.Dense(1, activation="sigmoid", dtype="float32"),
        ]
    )
    rate = hp.Float("learning_rate", 1e-3, 1e-1, sampling="log")
    model.compile(keras.optimizers.Adam(rate), "binary_crossentropy", metrics=["accuracy"])
    return model


@pytest.fixture
def splits():
    return from_arrays(*_rows(), name="rows")


@pytest.fixture(scope="session")
def build():
    return _build


@pytest.fixture
def settings(tmp_path):
    """`settings(**changes)`: settings of a run in `tmp_path/run`."""
    return lambda **changes: RunSettings(**{"out": tmp_path / "run", **changes})


@pytest.fixture(scope="session")
def plan():
    """`plan(sampler)`: one trial of one epoch and one refit."""
    return lambda sampler="random", trials=1: Plan(
        (Stage("only", trials, 1, sampler, "none"),), refit_seeds=1
    )


@pytest.fixture(scope="session")
def tuned(made_once, build, plan):
    """The directory of a run from Python, its test set closed, one for all; only to read."""

    def tune(folder):
        splits = from_arrays(*_rows(), name="rows")
        settings = RunSettings(out=folder / "run")
        dlr.tune(build, splits, plan=plan(), settings=settings, listener=Listener())

    return made_once("tuned", tune) / "run"


@pytest.fixture
def tuned_copy(tuned, tmp_path):
    """`tuned_copy(name)`: a copy of that run in `tmp_path`, to write into."""
    return lambda name="run": shutil.copytree(tuned, tmp_path / name)


@pytest.fixture
def recipe(tmp_path, recipe_text):
    """`recipe(task, **parts)`: a tiny recipe, loaded."""

    def load(task="binary", **parts):
        (tmp_path / "tiny.py").write_text(recipe_text(task, **parts))
        return load_recipe(tmp_path / "tiny.py")

    return load
