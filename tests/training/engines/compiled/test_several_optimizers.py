"""Rates for each kind of weight, and schedules of rate, decay and dropout, beside Keras alone."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlrecipes.layers import ScheduledDropout
from dlrecipes.training.engines.compiled.leaves import find_leaves
from dlrecipes.training.engines.compiled.member import State
from dlrecipes.training.engines.compiled.structure import describe
from dlrecipes.training.engines.compiled.supported import Unsupported, check_supported
from dlrecipes.training.schedules import CosLog4, FlatCos, OneCycle, ScheduledAdamW

LAYERS, OPTIMIZERS = keras.layers, keras.optimizers
SCHEDULES = keras.optimizers.schedules
# Steps of the trainings here: three epochs of two batches.
STEPS, EXAMPLES = 6, 32


class _Scale(LAYERS.Layer):
    """Each input times a weight."""

    def build(self, shape):
        self.scale = self.add_weight(name="scale", shape=shape[-1:], initializer="ones")

    def call(self, x):
        return x * self.scale


def _adamw(rate, decay):
    return ScheduledAdamW(rate, decay, beta_1=0.875, beta_2=0.9375, epsilon=2**-20)


def _by_kind(rate, decay, *, function=False):
    """Weights at a rate, biases at an eighth of it without decay, scales at four times that rate.

    Args:
        rate: Of a factor.
        decay: Of weights and scales.
        function: Whether a function tells them apart, and no patterns.
    """
    kinds = [_adamw(rate(1), decay), _adamw(rate(1 / 8), 0.0), _adamw(rate(4), decay)]

    def kind_of(variable):
        names = ("bias", "scale")
        return kinds[names.index(variable.name) + 1 if variable.name in names else 0]

    patterns = OPTIMIZERS.OptimizerMap(kinds[0], {".*/bias": kinds[1], ".*/scale": kinds[2]})
    return OPTIMIZERS.MultiOptimizer(kind_of if function else patterns)


def _net(optimizer, *, dropout=None):
    """A network that scales its inputs and may drop some of what it makes of them."""
    drops = [] if dropout is None else [dropout()]
    body = [_Scale(), LAYERS.Dense(8, "selu"), *drops]
    model = keras.Sequential([keras.Input((6,)), *body, LAYERS.Dense(3)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss, jit_compile=False)
    return model


def _scheduled(factor, *, drops=True, function=False):
    """Everything that may follow a schedule follows one."""

    def a(number):
        return float(np.float32(number * factor))

    def rate(times):
        return CosLog4(a(times / 64), STEPS)

    optimizer = _by_kind(rate, FlatCos(a(1 / 8), STEPS), function=function)
    dropped = (lambda: ScheduledDropout(FlatCos(a(0.25), STEPS))) if drops else None
    return _net(optimizer, dropout=dropped)


def _constant(factor, *, function=False):
    def rate(times):
        return float(np.float32(times * factor / 64))

    return _net(_by_kind(rate, factor / 8, function=function))


def two(examples):
    """Training and validation data."""
    return examples(examples=EXAMPLES), examples(examples=24, seed=1)


PATHS = {
    "layers/3/schedule/config/peak",
    *(f"optimizers/{at}/learning_rate/config/peak" for at in (0, 1, 2)),
    *(f"optimizers/{at}/weight_decay/config/peak" for at in (0, 1)),
}


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    ("stacked", "xla"),
    [
        (True, False),
        *(pytest.param(*one, marks=pytest.mark.slow) for one in ((False, False), (True, True))),
    ],
)
def test_equal_to_keras(stacked, xla, built, side_by_side, examples):
    """XLA draws other masks."""
    models = built(lambda factor: _scheduled(factor, drops=not xla), (1.0, 0.5)[: 1 + stacked])
    pair = side_by_side(models, *two(examples), stacked=stacked, xla=xla)
    pair.check(epochs=3, rtol=1e-9)
    assert len(pair.program.member.counters.optimizer) == 4
    if stacked and not xla:
        assert set(pair.paths) == PATHS
        assert [int(model.layers[2].step) for model in models] == [STEPS, STEPS]


def _planned(factor):
    """Schedules of a training half as long."""
    steps = round(STEPS * factor)
    dropped = ScheduledDropout(FlatCos(0.25, steps))
    return _net(
        _by_kind(lambda times: CosLog4(times / 64, steps), FlatCos(1 / 8, steps)),
        dropout=lambda: dropped,
    )


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("xla", [False, pytest.param(True, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "schedule",
    [
        None,
        *(
            pytest.param(one, marks=[pytest.mark.slow, pytest.mark.exhaustive])
            for one in (SCHEDULES.CosineDecay, OneCycle)
        ),
    ],
)
def test_steps_are_numbers(xla, schedule, built, side_by_side, examples):
    """Two trainings of other lengths in one graph, each as by Keras alone."""

    def make(factor):
        if schedule is None:
            return _planned(factor)
        return _net(OPTIMIZERS.SGD(schedule(1 / 64, round(STEPS * factor))))

    pair = side_by_side(built(make, (1.0, 0.5)), *two(examples), xla=xla)
    assert {path.rpartition("/")[2] for path in pair.paths} <= {"steps", "decay_steps"}
    assert len(pair.paths) == (6 if schedule is None else 1)
    # XLA draws other masks, and Keras computes schedules in float32.
    if not (xla and schedule is None):
        pair.check(epochs=3, rtol=1e-9 if schedule is None else 1e-6)


@pytest.mark.usefixtures("float64")
def test_rates_that_are_numbers_and_a_function_that_tells_weights_apart(
    built, side_by_side, examples
):
    models = built(lambda factor: _constant(factor, function=True), (1.0, 0.5))
    pair = side_by_side(models, *two(examples))
    pair.check(epochs=2, rtol=1e-9)
    assert set(pair.paths) == {
        *(f"optimizers/{at}/learning_rate" for at in (0, 1, 2)),
        *(f"optimizers/{at}/weight_decay" for at in (0, 1)),
    }


def test_a_stop_and_a_restart_in_another_place(built, side_by_side, examples):
    """Bit for bit what it is without; the steps of the schedules are part of the state."""
    pair = side_by_side(built(_scheduled, (1.0, 0.5, 0.75)), *two(examples))
    begun, numbers = pair.state, pair.numbers
    whole, _ = pair.program.epoch(pair.program.epoch(begun, numbers, 1)[0], numbers, 2)
    for rows in ([0, 2, 1], [1, 1, 0]):
        half, _ = pair.program.epoch(_picked(begun, rows), [one[rows] for one in numbers], 1)
        back = [rows.index(row) for row in (1, 0)] + [rows.index(1)]
        again = [one[[1, 0, 1]] for one in numbers]
        ended, _ = pair.program.epoch(_picked(half, back), again, 2)
        for group, wanted in zip(ended, whole, strict=True):
            for one, other in zip(group, wanted, strict=True):
                np.testing.assert_array_equal(one[0], other[1])
                np.testing.assert_array_equal(one[1], other[0])
    assert pair.program.traces == 1


def _picked(state, rows):
    return State(*([tf.gather(one, rows) for one in group] for group in state))


def _of_schedule(schedule):
    return _net(OPTIMIZERS.SGD(0.1), dropout=lambda: ScheduledDropout(schedule))


def test_branches_of_a_schedule_are_compiled_for_all_members(built, side_by_side, examples):
    """A warm-up is one: which branch is taken follows from the step that all are at."""

    def build(peak):
        return _of_schedule(SCHEDULES.CosineDecay(0.0, 20, warmup_target=peak, warmup_steps=5))

    pair = side_by_side(built(build, (0.5, 0.25)), *two(examples), xla=True)
    (logs,) = pair.run([0])
    assert np.isfinite(logs["loss"]).all()
    assert [np.asarray(step).tolist() for step in pair.state.other] == [[2, 2]]


def test_scaled_losses(built, side_by_side, examples):
    """One member's gradients overflow: none of its optimizers makes a step."""
    keras.config.set_dtype_policy("mixed_float16")
    try:
        models = built(lambda factor: _constant(factor / 4), (1.0, 1.0))
        for scale, model in zip((64.0, 2.0**127), models, strict=True):
            model.optimizer.build(model.trainable_variables)
            model.optimizer.dynamic_scale.assign(scale)
        pair = side_by_side(models, examples(examples=16), examples(examples=16, seed=1))
        paths = [one.path for one in pair.program.member.optimizer]
        assert pair.program.member.counters == State([], [], [])
        place = next(at for at, path in enumerate(paths) if path.endswith("dynamic_scale"))
        pair.state.optimizer[place] = tf.constant([64.0, 2.0**127])
        pair.run([0])
        steps = [
            np.asarray(value).tolist()
            for path, value in zip(paths, pair.state.optimizer, strict=True)
            if path.startswith("scheduled_adam_w") and path.endswith("iteration")
        ]
        assert steps == [[1, 0]] * 3
        for row, model in enumerate(models):
            pair.alone(row, [0])
            wanted = [float(one.iterations) for one in model.optimizer.inner_optimizer.optimizers]
            assert wanted == [one[row] for one in steps]
            for got, one in zip(pair.weights(row), model.get_weights(), strict=True):
                np.testing.assert_allclose(got, one, rtol=0.01, atol=1e-3)
    finally:
        keras.config.set_dtype_policy("float32")


# ---- which of them share a graph


def _grouped(patterns, *, names=("one", "two"), rates=(0.1, 0.2)):
    optimizers = [OPTIMIZERS.SGD(rate) for rate in rates]
    model = keras.Sequential([keras.Input((4,)), *(LAYERS.Dense(3, name=name) for name in names)])
    of_kinds = {pattern: optimizers[at] for pattern, at in patterns.items()}
    inner = OPTIMIZERS.OptimizerMap(optimizers[0], of_kinds)
    model.compile(OPTIMIZERS.MultiOptimizer(inner), "mse")
    return model


def test_what_is_described_is_which_weights_move_together():
    """Neither what patterns look like nor optimizers that move nothing; the rates are numbers."""
    plain = describe(_grouped({".*bias": 1}))
    assert describe(_grouped({".*a/bias": 1, ".*b/bias": 1, "c": 1}, names=("a", "b"))) == plain
    other = describe(_grouped({".*bias": 1}, rates=(0.1, 0.3)))
    assert {path for path in plain if plain[path] != other[path]} == {"optimizers/1/learning_rate"}
    for patterns in ({".*one/bias": 1}, {".*kernel": 1}, {".*two/.*": 1}, {}):
        assert describe(_grouped(patterns)) != plain


def test_numbers_of_what_moves_nothing_are_none():
    model = _grouped({"nothing": 1})
    assert [path for path in find_leaves(model) if "learning_rate" in path] == [
        "optimizers/0/learning_rate"
    ]


class _Own(OPTIMIZERS.MultiOptimizer):
    def apply(self, grads, trainable_variables=None):
        super().apply(grads[:1], trainable_variables)


REFUSED = {
    "the optimizer Lamb is not proven": OPTIMIZERS.Lamb(),
    "averages weights.*inside of a MultiOptimizer": OPTIMIZERS.SGD(use_ema=True),
    "`gradient_accumulation_steps`": OPTIMIZERS.SGD(gradient_accumulation_steps=2),
    "the learning rate is a function": OPTIMIZERS.SGD(lambda: 0.1),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_what_one_of_them_must_not_be(reason):
    patterns = OPTIMIZERS.OptimizerMap(OPTIMIZERS.Adam(), {".*/bias": REFUSED[reason]})
    with pytest.raises(Unsupported, match=reason):
        check_supported(_net(OPTIMIZERS.MultiOptimizer(patterns)))
    unused = OPTIMIZERS.OptimizerMap(OPTIMIZERS.Adam(), {"no such weight": REFUSED[reason]})
    check_supported(_net(OPTIMIZERS.MultiOptimizer(unused)))


def test_a_class_of_ones_own():
    own = _Own(OPTIMIZERS.OptimizerMap(OPTIMIZERS.Adam()))
    with pytest.raises(Unsupported, match="the optimizer _Own is not proven"):
        check_supported(_net(own))
