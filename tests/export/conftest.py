"""Specs of raw data."""

import pytest

from dlrecipes.results import ClassTarget, DataSpec, ValueTarget


@pytest.fixture(scope="session")
def spec():
    """`spec(task, shape)`: the description of raw data."""

    def make(task="multiclass", shape=(3,), classes=None):
        known = {"binary": ("no", "yes"), "multiclass": ("a", "b", "c"), "regression": ()}
        classes = known[task] if classes is None else classes
        priors = tuple(1 / len(classes) for _ in classes)
        target = ClassTarget(class_names=classes, priors=priors) if classes else ValueTarget()
        return DataSpec(
            name="rows",
            input_shape=shape,
            input_dtype="float32",
            kind="table",
            targets=(target,),
            train_size=10,
        )

    return make
