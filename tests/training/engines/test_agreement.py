"""In float32 the curves of the engines part; their scores must not."""

from functools import partial

import keras
import numpy as np
import pytest
from scipy import stats

from dlrecipes.data import load
from dlrecipes.results import Hyperparameter, Objective
from dlrecipes.training.engines import make_engine
from dlrecipes.training.job import Job

ACCURACY = Objective("val_accuracy", "max")
LAYERS = keras.layers


def _mlp(values):
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            LAYERS.Flatten(),
            LAYERS.Dense(32, activation="relu"),
            LAYERS.Dropout(values["dropout"]),
            LAYERS.Dense(10),
        ]
    )
    model.compile(
        keras.optimizers.AdamW(values["rate"], weight_decay=values["decay"]),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,
    )
    return model


@pytest.mark.slow
def test_scores_agree_with_those_of_fit(scripted):
    """Neither their ranks nor their mean depend on the engine."""
    data = load("digits").development()
    generator = np.random.default_rng(0)
    space = (
        Hyperparameter("rate", "float", 1e-4, 1.0, log=True),
        Hyperparameter("dropout", "float", 0.0, 0.6),
        Hyperparameter("decay", "float", 1e-4, 1.0, log=True),
    )
    jobs = []
    for number in range(16):
        values = {
            "rate": float(10 ** generator.uniform(-4, 0)),
            "dropout": float(generator.uniform(0, 0.6)),
            "decay": float(10 ** generator.uniform(-4, 0)),
        }
        jobs.append(
            Job(
                number,
                values,
                partial(_mlp, values),
                seed=number,
                epochs=8,
                batch_size=64,
                rebuild=_mlp,
                space=space,
                shared_seed=1,
            )
        )
    scores, lines = {}, []
    for name in ("fit", "population"):
        source = scripted(*jobs)
        make_engine(name, data, ACCURACY, "float32", log=lines.append).run(source)
        assert not lines
        assert {outcome.engine for outcome in source.outcomes} == {name}
        scores[name] = [outcome.score or 0.0 for outcome in source.outcomes]
    assert stats.spearmanr(scores["fit"], scores["population"]).statistic >= 0.9
    assert stats.wilcoxon(scores["fit"], scores["population"]).pvalue > 0.05
