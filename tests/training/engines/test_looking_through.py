"""A softmax or a sigmoid beside `from_logits=True`: each engine trains what Keras does."""

import keras
import numpy as np
import pytest

from dlrecipes.results import Objective
from dlrecipes.training.engines import make_engine
from dlrecipes.training.job import Job

LOSSES = {
    "multiclass": (3, "softmax", keras.losses.SparseCategoricalCrossentropy(from_logits=True)),
    "binary": (1, "sigmoid", keras.losses.BinaryCrossentropy(from_logits=True)),
}
# Each task by one engine, and one by each of the others, on every change.
SLOW = {("multiclass", "population"), ("binary", "fit")}


@pytest.mark.filterwarnings("ignore:.*from_logits")
@pytest.mark.parametrize(
    ("task", "engine"),
    [
        pytest.param(task, engine, marks=pytest.mark.slow if (task, engine) in SLOW else ())
        for task in LOSSES
        for engine in ("fit", "resident", "population")
    ],
)
def test_losses_are_those_of_keras(development, make_model, scripted, engine, task):
    data = development(task)
    units, activation, loss = LOSSES[task]

    def build():
        return make_model(units=units, activation=activation, loss=loss)

    jobs = [
        Job(number, {}, build, seed=number, epochs=2, batch_size=30, keep_weights=True,
            rebuild=lambda values: build(), shared_seed=5)
        for number in range(3 if engine == "population" else 1)
    ]  # fmt: skip
    source = scripted(*jobs)
    make_engine(engine, data, Objective("val_loss", "min"), "float32").run(source)
    part = data.validation
    for outcome in source.outcomes:
        assert (outcome.engine, outcome.error) == (engine, "")
        trained = build()
        trained.set_weights(outcome.weights)
        trained.run_eagerly = True  # few batches need no graph
        outputs = np.asarray(trained(part.x))
        if units == 1:
            outputs = np.concatenate([1 - outputs, outputs], axis=1)
        log_loss = -np.log(outputs[np.arange(len(part)), part.y]).mean()
        assert outcome.history["val_loss"][outcome.best_epoch] == pytest.approx(log_loss, rel=1e-4)
        alone = trained.evaluate(part.x, part.y, verbose=0)[0]
        assert alone == pytest.approx(log_loss, rel=1e-4)
