"""What is said of a builder's default network."""

import keras
import numpy as np
import pytest

import dlrecipes as dlr
from dlrecipes.run.before_training import check_builder

X = np.random.default_rng(0).normal(size=(300, 4)).astype("float32")
SPLITS = dlr.data.from_arrays(X, (X[:, 0] > 0).astype(int))
PLAN = dlr.CoarseToFine(trials=3, epochs=20, refit_seeds=1)


def builder(rate):
    def build(hp):
        hidden = keras.layers.Dense(hp.Int("units", 8, 16), "relu")
        model = keras.Sequential([keras.Input((4,)), hidden, keras.layers.Dense(2, "softmax")])
        model.compile(keras.optimizers.Adam(rate(hp)), "sparse_categorical_crossentropy")
        return model

    return build


@pytest.mark.parametrize(
    ("rate", "severity"),
    [
        (lambda hp: 1e-9, "warning"),
        (lambda hp: hp.Float("rate", 1e-9, 1e-1, sampling="log"), "info"),
    ],
)
def test_a_rate_that_is_searched_is_only_where_the_search_begins(rate, severity):
    found = check_builder(builder(rate), {}, SPLITS, PLAN, at_once=True)
    (said,) = [one for one in found if one.name == "learning rate"]
    assert said.severity == severity
    assert ("'rate'" in said.advice) == (severity == "info")
