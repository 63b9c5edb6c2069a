"""Every engine's losses are the weighted ones, on both parts; plain metrics are not weighted."""

import keras
import numpy as np
import pytest

from dlrecipes.data import from_arrays, weigh_classes
from dlrecipes.results import Objective
from dlrecipes.training.engines import make_engine
from dlrecipes.training.job import Job

LOSS = Objective("val_loss", "min")


@pytest.fixture(scope="module")
def data():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(200, 3))
    y = np.where(x[:, 0] + 0.5 * generator.normal(size=200) > 1, "yes", "no")
    return weigh_classes(from_arrays(x, y)).development()


def _model():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    accuracy = [keras.metrics.BinaryAccuracy(threshold=0.0, name="accuracy")]
    model.compile(
        keras.optimizers.Adam(0.05),
        keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=accuracy,
        weighted_metrics=[keras.metrics.BinaryAccuracy(threshold=0.0, name="balanced")],
        jit_compile=False,
    )
    return model


@pytest.mark.parametrize("engine", ["fit", "resident", "population"])
def test_validation_weights(data, scripted, engine):
    crowd = 3 if engine == "population" else 1
    jobs = [
        # Batches of 50 leave a partial one, in training and in validation.
        Job(number, {}, _model, seed=number, epochs=1, batch_size=35, keep_weights=True,
            rebuild=lambda values: _model(), shared_seed=5)
        for number in range(crowd)
    ]  # fmt: skip
    source, lines = scripted(*jobs), []
    make_engine(engine, data, LOSS, "float32", log=lines.append).run(source)
    assert not lines
    part = data.validation
    assert len(np.unique(part.sample_weight)) == 2
    for outcome in source.outcomes:
        assert outcome.engine == engine
        kernel, bias = outcome.weights
        logits = part.array @ kernel[:, 0] + bias
        losses = np.logaddexp(0, logits) - part.y * logits
        right = (logits > 0) == part.y
        history = {name: values[0] for name, values in outcome.history.items()}
        weight = part.sample_weight
        assert history["val_loss"] == pytest.approx((weight * losses).mean(), rel=1e-5)
        assert history["val_loss"] != pytest.approx(losses.mean(), rel=1e-2)
        assert history["val_accuracy"] == pytest.approx(right.mean(), abs=1e-6)
        assert history["val_balanced"] == pytest.approx(np.average(right, weights=weight), abs=1e-5)
