"""A builder's metrics have one name in every model; its layers have names of their own."""

import keras
import numpy as np
import pytest

import dlrecipes as dlr
from dlrecipes.run.origin import told

SPLITS = dlr.data.from_arrays(np.random.default_rng(0).normal(size=(30, 4)), [0, 1] * 15)


class Own(keras.metrics.Metric):
    def update_state(self, y, predicted, sample_weight=None):
        pass

    def result(self):
        return 0.0


def build(hp):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, activation="sigmoid")])
    metrics = [keras.metrics.AUC(), keras.metrics.AUC(curve="PR"), keras.metrics.Recall(), Own()]
    model.compile("sgd", "binary_crossentropy", metrics=metrics)
    return model


def names(model):
    model.evaluate(SPLITS.train.x, SPLITS.train.y, verbose=0)
    (compiled,) = [metric for metric in model.metrics if hasattr(metric, "metrics")]
    return [metric.name for metric in compiled.metrics]


def test_metrics_are_numbered_anew_in_each_model():
    for _ in range(2):
        keras.metrics.AUC()
    alone = told(build, SPLITS)
    assert [names(alone(None)) for _ in range(3)] == [["auc", "auc_1", "recall", "own"]] * 3
    assert keras.metrics.AUC().name.startswith("auc_")  # outside they go on


@pytest.mark.parametrize("nested", [False, True])
def test_layers_on_a_network_that_was_made_before(nested):
    inputs = keras.Input((4,))
    base = keras.Model(inputs, keras.layers.Dense(3)(inputs))

    def on_top(hp):
        if nested:
            model = keras.Sequential([base, keras.layers.Dense(1)])
        else:
            model = keras.Model(base.inputs, keras.layers.Dense(1)(base.outputs[0]))
        model.compile("sgd", "mse")
        return model

    alone = told(on_top, SPLITS)
    for _ in range(2):
        paths = [weight.path for weight in alone(None).weights]
        assert len(set(paths)) == 4
