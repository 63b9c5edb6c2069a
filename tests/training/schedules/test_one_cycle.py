"""One cycle of rate and momentum."""

import json

import keras
import numpy as np
import pytest
from hypothesis import given, strategies as st

from dlrecipes.errors import ArgumentError
from dlrecipes.training import CyclicalMomentum, OneCycle


def numpy_cycle(step, *, peak, steps, divisor, final_divisor, warmup_fraction):
    """fastai's `combined_cos(pct, lr_max / div, lr_max, lr_max / div_final)`."""
    share = min(step / steps, 1.0)
    if share < warmup_fraction:
        start, end, share = peak / divisor, peak, share / warmup_fraction
    else:
        share = (share - warmup_fraction) / (1 - warmup_fraction)
        start, end = peak, peak / final_divisor
    return start + (1 + np.cos(np.pi * (1 - share))) * (end - start) / 2


@given(
    peak=st.floats(1e-5, 10),
    steps=st.integers(2, 5000),
    divisor=st.floats(1, 100),
    final_divisor=st.floats(1, 1e6),
    warmup_fraction=st.floats(0.05, 0.95),
    done=st.floats(0, 1.5),
)
def test_the_rate_is_that_of_the_formula(done, **given):
    step = int(done * given["steps"])
    schedule = OneCycle(**given)
    np.testing.assert_allclose(
        float(schedule(step)), numpy_cycle(step, **given), rtol=1e-3, atol=2e-6 * given["peak"]
    )
    assert OneCycle.from_config(json.loads(json.dumps(schedule.get_config()))).__dict__ == (
        schedule.__dict__
    )


def test_a_saved_model_has_its_schedule_again(tmp_path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(OneCycle(0.5, 10, divisor=4.0), momentum=0.9), "mse")
    model.fit(np.ones((8, 2)), np.ones(8), batch_size=2, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert (
        again.optimizer._learning_rate.get_config() == OneCycle(0.5, 10, divisor=4.0).get_config()
    )
    assert float(again.optimizer.learning_rate) == float(model.optimizer.learning_rate)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"peak": 0.0}, "`peak`"),
        ({"peak": float("nan")}, "`peak`"),
        ({"peak": "0.1"}, "`peak`"),
        ({"steps": 1}, "`steps`"),
        ({"steps": 2.5}, "`steps`"),
        ({"divisor": 0.5}, "`divisor`"),
        ({"final_divisor": 0}, "`final_divisor`"),
        ({"warmup_fraction": 1}, "`warmup_fraction`"),
    ],
)
def test_what_is_no_cycle(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        OneCycle(**{"peak": 0.1, "steps": 10, **arguments})


def quadratic(optimizer):
    """A network that is one weight: the loss is (w - 1)²."""
    model = keras.Sequential(
        [keras.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")]
    )
    model.compile(optimizer, "mse")
    return model


def by_hand(kind, rate, momenta):
    """Weights of the quadratic after each step, in NumPy."""
    weight = slot = square = 0.0
    for step, momentum in enumerate(momenta, 1):
        slope = 2 * (weight - 1)
        if kind == "sgd":
            slot = momentum * slot - rate * slope
            weight += slot
        else:
            slot += (slope - slot) * (1 - momentum)
            square += (slope**2 - square) * (1 - 0.999)
            size = rate * np.sqrt(1 - 0.999**step) / (1 - momentum**step)
            weight -= size * slot / (np.sqrt(square) + 1e-7)
    return weight


@pytest.mark.parametrize("kind", ["sgd", "adam"])
def test_the_momentum_of_each_step_is_that_of_the_cycle(kind):
    optimizer = keras.optimizers.SGD(0.02, 0.9) if kind == "sgd" else keras.optimizers.Adam(0.02)
    model = quadratic(optimizer)
    cycle = CyclicalMomentum(0.9, 0.5, warmup_fraction=0.5)
    ones = np.ones((10, 1), "float32")
    model.fit(ones, ones, batch_size=1, epochs=2, verbose=0, callbacks=[cycle])
    momenta = [cycle.at(step) for step in range(20)]
    assert momenta[0] == 0.9
    assert momenta[10] == pytest.approx(0.5)
    assert momenta[5] == pytest.approx(0.7)
    assert np.all(np.diff(momenta[:11]) < 0)
    assert np.all(np.diff(momenta[10:]) > 0)
    wanted = by_hand(kind, 0.02, momenta)
    assert float(model.get_weights()[0][0, 0]) == pytest.approx(wanted, rel=1e-4)
    assert wanted != pytest.approx(by_hand(kind, 0.02, [0.9] * 20), rel=1e-2)


def test_the_number_is_back_afterwards_and_in_what_is_saved(tmp_path):
    model = quadratic(keras.optimizers.SGD(0.02, 0.9))
    ones = np.ones((8, 1), "float32")
    model.fit(ones, ones, batch_size=4, verbose=0)  # traced with the number in its graph
    before = model.get_weights()
    save = keras.callbacks.ModelCheckpoint(tmp_path / "model.keras")
    model.fit(ones, ones, batch_size=4, verbose=0, callbacks=[CyclicalMomentum(0.5, 0.1), save])
    assert type(model.optimizer.momentum) is float
    assert keras.models.load_model(tmp_path / "model.keras").optimizer.momentum == 0.9
    other = quadratic(keras.optimizers.SGD(0.02, 0.9))
    other.fit(ones, ones, batch_size=4, verbose=0)
    other.set_weights(before)
    other.fit(ones, ones, batch_size=4, verbose=0)
    assert not np.array_equal(model.get_weights()[0], other.get_weights()[0])


def test_an_optimizer_without_a_momentum():
    ones = np.ones((8, 1), "float32")
    with pytest.raises(ArgumentError, match="has one.*SGD without a momentum"):
        quadratic("sgd").fit(ones, ones, verbose=0, callbacks=[CyclicalMomentum()])
    with pytest.raises(ArgumentError, match="`low`.*0.9"):
        CyclicalMomentum(0.8, 0.9)
