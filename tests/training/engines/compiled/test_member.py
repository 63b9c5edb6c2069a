"""Mixed precision, and what a member must not depend on."""

import keras
import numpy as np
import pytest

from dlrecipes.layers import InvertedDropout

LAYERS = keras.layers
# A shape of which the inputs are words.
TOKENS = (5,)


@pytest.fixture
def policy():
    """`policy(name)` sets Keras' dtype policy until the test ends."""
    yield keras.config.set_dtype_policy
    keras.config.set_dtype_policy("float32")


def _build(factor, shape=(6,), drop=True):
    # A bias in front of a normalization has a gradient of rounding errors only.
    hidden = [keras.Input(shape), LAYERS.Dense(8, use_bias=False)]
    if len(shape) > 1:
        hidden = [keras.Input(shape), LAYERS.Conv1D(4, 2, use_bias=False), LAYERS.Flatten()]
    if shape == TOKENS:
        words = LAYERS.Embedding(20, 4, embeddings_initializer="normal")
        hidden = [keras.Input(shape, dtype="int64"), words, LAYERS.GlobalAveragePooling1D()]
    model = keras.Sequential(
        [
            *hidden,
            LAYERS.BatchNormalization(momentum=0.5),
            *([LAYERS.Dropout(0.2 * factor), InvertedDropout(0.1)] if drop else []),
            LAYERS.Dense(3, dtype="float32", kernel_regularizer=keras.regularizers.L2(0.01)),
        ]
    )
    model.compile(
        keras.optimizers.Adam(0.01 * factor, epsilon=0.01),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    return model


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("mixed_bfloat16", (4, 3)),
        ("mixed_float16", TOKENS),
        pytest.param("mixed_float16", (6,), marks=pytest.mark.slow),
        pytest.param("mixed_bfloat16", (6,), marks=[pytest.mark.slow, pytest.mark.exhaustive]),
        pytest.param("mixed_float16", (4, 3), marks=[pytest.mark.slow, pytest.mark.exhaustive]),
    ],
)
def test_mixed_precision(name, shape, policy, built, side_by_side, examples):
    policy(name)
    stacked, tokens = len(shape) == 1, shape == TOKENS
    pair = side_by_side(
        built(lambda factor: _build(factor, shape), (1.0, 0.5) if stacked else (1.0,)),
        examples(shape=shape, tokens=tokens),
        examples(shape=shape, tokens=tokens, seed=1),
        stacked=stacked,
    )
    # Half precision has 3 digits: one wrongly scaled gradient would be seen, rounding not.
    pair.check(epochs=1, rtol=0.03)


def _halves(side_by_side, built, examples, *, stacked, xla=False):
    """Three members; the gradients of the second overflow in float16, those of others do not."""

    def build(rate):
        model = _build(1.0, drop=False)
        model.optimizer.inner_optimizer.learning_rate = rate
        return model

    models = built(build, (0.01, 0.02, 0.03) if stacked else (0.02,))
    for scale, model in zip(
        (64.0, 2.0**127, 64.0) if stacked else (2.0**127,), models, strict=True
    ):
        model.optimizer.build(model.trainable_variables)
        model.optimizer.dynamic_scale.assign(scale)
    pair = side_by_side(
        models, examples(examples=16), examples(examples=16, seed=1), stacked=stacked, xla=xla
    )
    return pair


@pytest.mark.parametrize("stacked", [True, False])
def test_one_member_overflows(stacked, policy, built, side_by_side, examples):
    policy("mixed_float16")
    pair = _halves(side_by_side, built, examples, stacked=stacked)
    scales = [one for one in pair.program.member.optimizer if "dynamic_scale" in one.path]
    counters = [one for one in pair.program.member.optimizer if "step_counter" in one.path]
    place = [id(one) for one in pair.program.member.optimizer].index(id(scales[0]))
    count = [id(one) for one in pair.program.member.optimizer].index(id(counters[0]))
    # ---- a stack of different scales
    start = [float(model.optimizer.dynamic_scale) for model in pair.models]
    pair.state.optimizer[place] = keras.ops.convert_to_tensor(np.array(start, "float32"))
    pair.run([0])
    for row, model in enumerate(pair.models):
        pair.alone(row, [0])
        state = pair.row(row)
        assert state.optimizer[place] == float(model.optimizer.dynamic_scale)
        assert state.optimizer[count] == int(model.optimizer.step_counter)
        overflowed = start[row] > 1e9
        assert state.optimizer[place] == start[row] * (0.5 if overflowed else 1.0)
        same = [
            np.array_equal(one, other)
            for one, other in zip(state.trainable, pair.initial[row].trainable, strict=True)
        ]
        assert all(same) if overflowed else not any(same)
        for got, wanted in zip(pair.weights(row), model.get_weights(), strict=True):
            np.testing.assert_allclose(got, wanted, rtol=0.01, atol=1e-3)


def test_the_loss_scale_grows(policy, built, side_by_side, examples):
    policy("mixed_float16")

    def build(factor):
        model = _build(factor, drop=False)
        model.optimizer.dynamic_growth_steps = 3
        return model

    pair = side_by_side(
        built(build, (1.0, 0.5)), examples(examples=80), examples(examples=16, seed=1)
    )
    pair.run([0])
    pair.alone(0, [0])
    names = [one.path for one in pair.program.member.optimizer]
    values = dict(zip(names, pair.row(0).optimizer, strict=True))
    optimizer = pair.models[0].optimizer
    assert values[optimizer.dynamic_scale.path] == float(optimizer.dynamic_scale) == 2.0**16
    assert values[optimizer.step_counter.path] == int(optimizer.step_counter) == 2


def _results(pair, rows, seed=5):
    """Train some members in some rows; the result of the first model, wherever it stands."""
    import tensorflow as tf

    from dlrecipes.training.engines.compiled.member import State

    state = State(*([tf.gather(one, rows) for one in group] for group in pair.state))
    numbers = [values[rows] for values in pair.numbers]
    state, logs = pair.program.epoch(state, numbers, seed)
    row = list(rows).index(0)
    return [np.asarray(one[row]) for group in state for one in group] + [
        values[row] for values in logs.values()
    ]


@pytest.mark.parametrize("xla", [pytest.param(False, marks=pytest.mark.slow), True])
def test_a_result_does_not_depend_on_the_neighbours(xla, built, side_by_side, examples):
    """Bit for bit the same in any row, beside any others, beside one that diverges."""

    def build(rate):
        model = _build(1.0)
        model.optimizer.learning_rate = rate
        return model

    rates = (0.01, 0.02, 1e30, 0.03)
    pair = side_by_side(built(build, rates), examples(), examples(seed=1), xla=xla)
    wanted = _results(pair, [0, 0, 0, 0])
    assert all(np.isfinite(one).all() for one in wanted)
    for rows in ([0, 1, 3, 1], [1, 3, 1, 0], [2, 0, 2, 2], [3, 2, 0, 1]):
        for got, one in zip(_results(pair, rows), wanted, strict=True):
            np.testing.assert_array_equal(got, one)
    assert pair.program.traces == 1
