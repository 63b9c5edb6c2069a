"""A target (examples, 1) is one in training and evaluation: each engine gives Keras' values."""

import keras
import numpy as np
import pytest

from dlrecipes.data import from_arrays, keras_targets
from dlrecipes.results import Objective
from dlrecipes.training.engines import make_engine
from dlrecipes.training.job import Job

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(200, 3)).astype("float32")
NOISY = X[:, :1] + 0.5 * GENERATOR.normal(size=(200, 1)).astype("float32")


def r2(target, predicted):
    rest = keras.ops.sum(keras.ops.square(target - predicted))
    return 1.0 - rest / keras.ops.sum(keras.ops.square(target - keras.ops.mean(target)))


def distance(target, predicted):
    """A mean over examples, which engines compute with programs of their own."""
    return keras.ops.mean(keras.ops.abs(target - predicted), axis=-1)


def model(units, activation, loss, metrics):
    made = keras.Sequential([keras.Input((3,)), keras.layers.Dense(units, activation=activation)])
    made.compile(keras.optimizers.Adam(0.05), loss, metrics=metrics, jit_compile=False)
    return made


CASES = {
    "own metric of a batch": (NOISY, (1, None, "mse", [r2])),
    "own metric": (NOISY, (1, None, "mse", [distance])),
    "floats": (
        (NOISY > 0).astype("float32"),
        (1, "sigmoid", "binary_crossentropy", ["accuracy", keras.metrics.F1Score(threshold=0.5)]),
    ),
    "booleans": (NOISY > 0, (1, "sigmoid", "binary_crossentropy", ["accuracy"])),
    "indices": (
        np.digitize(NOISY, [-0.5, 0.5]),
        (3, "softmax", "sparse_categorical_crossentropy", ["accuracy"]),
    ),
}


# Every case by one engine, and one by each of the others, on every change.
FAST = {("own metric", "fit"), ("floats", "population"), *((case, "resident") for case in CASES)}


@pytest.mark.parametrize(
    ("case", "engine"),
    [
        pytest.param(
            case,
            engine,
            marks=[pytest.mark.slow, pytest.mark.exhaustive] * ((case, engine) not in FAST),
        )
        for case in CASES
        for engine in ("fit", "resident", "population")
    ],
)
def test_values_are_those_of_keras(scripted, engine, case):
    y, parts = CASES[case]

    def build():
        unit = [
            one
            if not isinstance(one, keras.metrics.Metric)
            else type(one).from_config(one.get_config())
            for one in parts[3]
        ]
        return model(*parts[:3], unit)

    task = "regression" if y is NOISY else "classification"
    data = from_arrays(X, y, task=task).development()
    jobs = [
        Job(number, {}, build, seed=number, epochs=1, batch_size=len(data.validation),
            keep_weights=True, rebuild=lambda values: build(), shared_seed=5)
        for number in range(3 if engine == "population" else 1)
    ]  # fmt: skip
    source = scripted(*jobs)
    make_engine(engine, data, Objective("val_loss", "min"), "float32").run(source)
    part = data.validation
    handed_in = keras_targets(part.y, data.model_spec)
    assert handed_in.shape == (len(part), 1)
    for outcome in source.outcomes:
        assert not outcome.error
        trained = build()
        trained.set_weights(outcome.weights)
        trained.run_eagerly = True  # one batch needs no graph
        alone = trained.evaluate(
            part.x, handed_in, batch_size=len(part), verbose=0, return_dict=True
        )
        for name, value in alone.items():
            assert outcome.history[f"val_{name}"][0] == pytest.approx(value, rel=1e-5), name
    if case != "own metric of a batch":  # which no program can train
        assert {outcome.engine for outcome in source.outcomes} == {engine}
