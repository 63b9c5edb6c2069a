"""Range tests of a builder's default network, one a weight decay, and their picture."""

import json
import re

import keras
import numpy as np
import pytest

from dlrecipes.errors import ArgumentError
from dlrecipes.results import Plan, Stage
from dlrecipes.run.learning_rates import _concluded, find_learning_rates
from dlrecipes.training.range_test import _read

RATES = np.geomspace(1e-6, 10, 120)
PLAN = Plan((Stage("only", 1, 1, "random"),))


def made(lowest, seed=0):
    """A range test whose loss falls from 2.3 to `lowest`."""
    decades = np.log10(RATES / 0.03)
    losses = 2.3 - (2.3 - lowest) / (1 + np.exp(-6 * (decades + 1)))
    losses += np.exp(np.minimum(5 * decades, 9))
    losses += np.random.default_rng(seed).normal(0, 0.05, len(RATES))
    return _read(RATES, losses, np.full(len(RATES), 2.3))


def test_the_largest_decay_that_costs_nothing():
    tests = {0.0: made(0.5), 1e-4: made(0.5, 1), 1e-3: made(0.5, 2), 0.1: made(1.5, 3)}
    found = _concluded("name", tests)
    assert found.weight_decay == 1e-3
    assert found.suggestion == tests[1e-3].suggestion
    assert "a weight decay of 0.001: of 4 decays, the largest with which" in found.sentence
    alike = _concluded("name", {decay: made(0.5, 4) for decay in (0.0, 0.01)})
    assert alike.weight_decay == 0.01
    assert "none of which costs so short a training anything" in alike.sentence
    assert _concluded("name", {0.0: made(2.3), 1.0: made(2.3, 5)}).suggestion is None


def test_a_decay_reaches_the_optimizer(build, splits):
    found = find_learning_rates(build, splits, PLAN, weight_decays=[0.0, 500.0])
    calm, strong = found.tests.values()
    assert len(calm.losses) > 20
    both = min(len(calm.losses), len(strong.losses))
    assert not np.array_equal(calm.losses[:both], strong.losses[:both])
    np.testing.assert_allclose(calm.losses[0], strong.losses[0])  # the same first weights


def test_the_builder_s_batch_size_counts(splits):
    sizes = []

    class Watched(keras.Model):
        def train_step(self, data):
            sizes.append(keras.tree.flatten(data[0])[0].shape[0])
            return super().train_step(data)

    def build(hp):
        hp.Int("batch_size", 8, 64, default=24)
        inputs = keras.Input((4,))
        model = Watched(inputs, keras.layers.Dense(1, activation="sigmoid")(inputs))
        model.compile("sgd", "binary_crossentropy")
        return model

    find_learning_rates(build, splits, PLAN)
    assert set(sizes) == {24}


@pytest.mark.parametrize(
    ("decays", "message"),
    [
        ([-1.0], "`weight_decay`"),
        ([float("nan")], "`weight_decay`"),
        (["much"], "`weight_decay`"),
        ("0,1", "list of numbers"),
        ([0.1, 0.1], "must differ"),
    ],
)
def test_what_is_no_decay(build, splits, decays, message):
    with pytest.raises(ArgumentError, match=message):
        find_learning_rates(build, splits, PLAN, weight_decays=decays)


def test_the_picture_holds_curves_and_suggestions(tmp_path):
    tests = {0.0: made(0.5), 0.1: made(1.0, 1)}
    file = _concluded("<digits>", tests).picture(tmp_path / "lr.html")
    page = file.read_text()
    assert "&lt;digits&gt;" in page
    assert "https://" not in re.sub(r'<script type="text/plain".*?</script>', "", page, flags=re.S)
    figure = json.loads(re.search(r'id="data-rates">(.*?)</script>', page, re.S)[1])
    curves = [trace for trace in figure["data"] if trace["mode"] == "lines"]
    assert [trace["name"] for trace in curves] == ["weight decay 0", "weight decay 0.1"]
    stars = [trace for trace in figure["data"] if trace["mode"].startswith("markers")]
    assert [trace["x"] for trace in stars] == [[test.suggestion] for test in tests.values()]
    assert figure["layout"]["xaxis"]["type"] == "log"
    alone = _concluded("digits", {None: made(2.3)}).picture(tmp_path / "none.html")
    assert "No rate can be told" in alone.read_text()
    broken = _read(RATES, np.array([np.nan]), np.array([np.nan]))
    page = _concluded("digits", {None: broken}).picture(tmp_path / "broken.html")
    assert "The loss is no number" in page.read_text()
