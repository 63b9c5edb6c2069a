"""Specs of raw data."""

import pytest

from dlrecipes.results import DataSpec


@pytest.fixture(scope="session")
def spec():
    """`spec(task, shape)`: the description of raw data."""

    def make(task="multiclass", shape=(3,), classes=None):
        known = {"binary": ("no", "yes"), "multiclass": ("a", "b", "c"), "regression": ()}
        classes = known[task] if classes is None else classes
        return DataSpec(
            name="rows",
            task=task,
            input_shape=shape,
            input_dtype="float32",
            kind="table",
            classes=classes,
            priors=tuple(1 / len(classes) for _ in classes),
            target_mean=0.0,
            target_std=1.0,
            train_size=10,
        )

    return make
