"""Refits begin from weights of their own, also where the builder sets the seed."""

import random

import keras
import keras_tuner
import numpy as np
import pytest

from dlrecipes.results import Objective, TrialRecord
from dlrecipes.run.refits import FreshStart, begin_differently, draw_again, find_same
from dlrecipes.rundir import RunDirectory
from dlrecipes.search import Listener, StudyContext

X = np.zeros((1, 4), "float32")


def network(initializer="glorot_uniform", *, shape=True):
    layers = [keras.layers.Dense(3, kernel_initializer=initializer), keras.layers.Dropout(0.5)]
    return keras.Sequential(
        [*([keras.Input((4,))] if shape else []), *layers, keras.layers.Dense(1)]
    )


def plain(hp):
    return network()


def sets_the_seed(hp):
    keras.utils.set_random_seed(0)
    return network()


def sets_the_seed_without_a_shape(hp):
    keras.utils.set_random_seed(0)
    return network(shape=False)


def seeded_initializers(hp):
    seeded = keras.initializers.GlorotUniform(seed=1)
    return keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(3, kernel_initializer=seeded),
            keras.layers.Dense(1, kernel_initializer=seeded),
        ]
    )


def zeros(hp):
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, kernel_initializer="zeros")])


class Notes(Listener):
    def __init__(self):
        self.notes, self.findings = [], []

    def on_note(self, line):
        self.notes.append(line)

    def on_finding(self, finding):
        self.findings.append(finding)


def context(build):
    objective = Objective("val_loss", "min")
    return StudyContext(build, objective, 8, None, 0, "fit", None, Notes())


def weights(build, seed):
    keras.utils.set_random_seed(seed)
    model = build(keras_tuner.HyperParameters())
    model(X)
    return [one.numpy() for one in model.trainable_variables if "kernel" in one.path]


@pytest.mark.parametrize(
    "build", [sets_the_seed, sets_the_seed_without_a_shape, seeded_initializers]
)
def test_fixed_weights_are_drawn_again(build):
    before = context(build)
    after, findings = begin_differently(before, {}, X, "float32")
    assert findings == ()
    assert "by their own seeds" in before.listener.notes[0]
    one, two, again = (weights(after.build, seed) for seed in (1, 2, 1))
    for first, second, same in zip(one, two, again, strict=True):
        assert not np.array_equal(first, second)
        assert np.array_equal(first, same)
    # As large as the initialiser draws them, and of each layer by itself.
    assert not np.array_equal(one[0].ravel()[:3], one[1].ravel()[:3])
    assert all(0.1 < np.abs(kernel).max() <= np.sqrt(6 / sum(kernel.shape)) for kernel in one)


def test_what_comes_after_the_builder_differs_too():
    fresh, following = FreshStart(sets_the_seed), []
    for seed in (1, 2):
        keras.utils.set_random_seed(seed)
        fresh(keras_tuner.HyperParameters())
        following.append((random.random(), keras.ops.convert_to_numpy(keras.random.uniform(()))))
    assert following[0] != following[1]


def test_a_builder_that_draws_by_itself_is_left_alone():
    before = context(plain)
    assert begin_differently(before, {}, X, "float32") == (before, ())
    assert not before.listener.notes


def test_where_nothing_can_be_drawn_it_is_said():
    before = context(zeros)
    after, (finding,) = begin_differently(before, {}, X, "float32")
    assert finding.severity == "warning"
    assert "All refits begin with the same weights" in finding.verdict
    assert before.listener.findings == [finding]
    assert isinstance(after.build, FreshStart)


def test_a_seed_in_the_branch_that_won_is_found():
    def build(hp):
        if hp.Boolean("fixed"):
            return sets_the_seed(hp)
        return plain(hp)

    before = context(build)
    assert begin_differently(before, {"fixed": False}, X, "float32") == (before, ())
    after, _ = begin_differently(before, {"fixed": True}, X, "float32")
    assert isinstance(after.build, FreshStart)


def test_refits_that_are_one_network_are_told(tmp_path):
    directory = RunDirectory(tmp_path)
    networks = directory.networks("refit")
    networks.create()
    records = [TrialRecord("refit", number, {}, "completed") for number in range(3)]
    for number, value in enumerate([1.0, 2.0, 2.0]):
        networks.write_weights(number, [np.full((2, 2), value), np.zeros(2)])
    assert find_same(records[:2], directory) == ()
    (finding,) = find_same(records, directory)
    assert finding.severity == "error"
    assert finding.verdict.startswith("2 of 3 refits are the same network, bit for bit")


def test_weights_that_were_given_stay():
    model = network(keras.initializers.GlorotUniform(seed=1))
    given = np.full((4, 3), 7.0, "float32")
    model.layers[0].kernel.assign(given)
    last = model.layers[-1].kernel.numpy()
    draw_again(model, 3)
    assert np.array_equal(model.layers[0].kernel.numpy(), given)
    assert not np.array_equal(model.layers[-1].kernel.numpy(), last)
