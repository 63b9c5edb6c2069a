"""Which optimizers move a network's weights, and that whoever asks for a rate asks them."""

import keras
import numpy as np
import pytest

import dlrecipes as dlr
from dlrecipes.errors import ArgumentError
from dlrecipes.training.model_state import left_as_they_were
from dlrecipes.training.moving_optimizers import moving_optimizers, optimizer_of_each
from dlrecipes.training.schedules import CyclicalMomentum, FlatCos

OPTIMIZERS = keras.optimizers
X = np.random.default_rng(0).normal(size=(64, 3)).astype("float32")


def several(default=0.01, biases=0.1, *, momentum=0.0, function=False):
    """SGD for each weight, at another rate for biases."""
    others = OPTIMIZERS.SGD(default, momentum=momentum)
    of_biases = OPTIMIZERS.SGD(biases, momentum=momentum)
    unused = OPTIMIZERS.SGD(7.0)
    if function:
        return OPTIMIZERS.MultiOptimizer(
            lambda variable: of_biases if variable.name == "bias" else others
        )
    patterns = {"nothing": unused, ".*/bias": of_biases}
    return OPTIMIZERS.MultiOptimizer(OPTIMIZERS.OptimizerMap(others, patterns))


def network(optimizer, *, built=True):
    inputs = [keras.Input((3,))] if built else []
    model = keras.Sequential([*inputs, keras.layers.Dense(4), keras.layers.Dense(1)])
    model.compile(optimizer, "mse", jit_compile=False)
    return model


def rates(optimizers):
    return [round(float(one.learning_rate), 4) for one in optimizers]


def of(variables):
    return [keras.ops.convert_to_numpy(one).copy() for one in variables]


@pytest.mark.parametrize("function", [False, True])
@pytest.mark.parametrize("scaled", [False, True])
def test_each_weight_has_its_own(function, scaled):
    optimizer = several(function=function)
    model = network(OPTIMIZERS.LossScaleOptimizer(optimizer) if scaled else optimizer)
    assert rates(optimizer_of_each(model)) == [0.01, 0.1, 0.01, 0.1]
    assert rates(moving_optimizers(model)) == [0.01, 0.1]
    model.fit(X, X[:, 0], verbose=0)
    assert rates(moving_optimizers(model)) == [0.01, 0.1]
    alone = network(OPTIMIZERS.Adam(0.5))
    assert moving_optimizers(alone) == [alone.optimizer]


def test_of_a_network_without_weights_yet_they_are_all():
    assert sorted(rates(moving_optimizers(network(several(), built=False)))) == [0.01, 0.1, 7.0]
    alone = network(OPTIMIZERS.Adam(0.5), built=False)
    assert moving_optimizers(alone) == [alone.optimizer]


@pytest.mark.parametrize("scaled", [False, True])
def test_a_range_test_moves_one_rate(scaled):
    optimizer = several()
    model = network(OPTIMIZERS.LossScaleOptimizer(optimizer) if scaled else optimizer)
    with pytest.raises(ArgumentError, match=r"moves one learning rate.*made of several"):
        dlr.lr_range_test(model, X, X[:, 0])


def test_a_network_starts_again_at_its_rates():
    weights = []
    for used in (False, True):
        model = network(several(FlatCos(0.05, 12), momentum=0.5))
        if used:
            model.fit(X, X[:, 0], verbose=0)
        dlr.lesson.start_again(model, seed=3)
        assert rates(moving_optimizers(model)) == [0.05, 0.1]
        model.fit(X, X[:, 0], shuffle=False, verbose=0)
        weights.append(model.get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_another_batch_size_where_all_follow_one_rule():
    def scaled(optimizer):
        return dlr.training.scale_learning_rate(
            0.1, batch_size=64, base_batch_size=16, optimizer=optimizer
        )

    assert scaled(several()) == pytest.approx(0.4)
    patterns = OPTIMIZERS.OptimizerMap(OPTIMIZERS.SGD(), {".*bias": OPTIMIZERS.Adam()})
    with pytest.raises(ArgumentError, match="rate is known to follow"):
        scaled(OPTIMIZERS.MultiOptimizer(patterns))


def test_the_momentum_of_each_goes_through_the_cycle():
    model = network(several(momentum=0.9))
    seen = []

    class Seen(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            found = moving_optimizers(self.model)
            seen.append([float(keras.ops.convert_to_tensor(1.0 * one.momentum)) for one in found])

    cycle = CyclicalMomentum(0.8, 0.4, warmup_fraction=0.5)
    model.fit(X, X[:, 0], batch_size=16, verbose=0, callbacks=[cycle, Seen()])
    np.testing.assert_allclose(seen, [[cycle.at(step)] * 2 for step in range(4)], rtol=1e-6)
    assert [one.momentum for one in moving_optimizers(model)] == [0.9, 0.9]
    with pytest.raises(ArgumentError, match="has one.*SGD without a momentum"):
        network(several()).fit(X, X[:, 0], verbose=0, callbacks=[CyclicalMomentum()])


@pytest.mark.parametrize(("function", "trained"), [(False, True), (True, False)])
def test_a_training_that_is_to_leave_no_trace_leaves_none(function, trained):
    model = network(several(momentum=0.5, function=function))
    if trained:
        model.fit(X, X[:, 0], verbose=0)
    before = of([*model.variables, *model.optimizer.variables])
    with left_as_they_were(model):
        model.fit(X, X[:, 0], verbose=0)
        for optimizer in moving_optimizers(model):
            optimizer.learning_rate = 3.0
    assert model.optimizer.built == trained
    after = of([*model.variables, *model.optimizer.variables])
    assert len(before) == len(after)
    assert all(map(np.array_equal, before, after))
    model.fit(X, X[:, 0], verbose=0)
    assert rates(moving_optimizers(model)) == [0.01, 0.1]
