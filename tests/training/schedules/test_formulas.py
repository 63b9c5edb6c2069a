"""Schedules of one formula."""

import json

import keras
import numpy as np
import pytest
from hypothesis import given, strategies as st

from dlrecipes.errors import ArgumentError
from dlrecipes.training.schedules import CosLog4, FlatCos


def cos_log(peak, share, cycles=4):
    return peak * 0.5 * (1 - np.cos(2 * np.pi * np.log2(1 + (2.0**cycles - 1) * share)))


def flat_cos(peak, share):
    return peak * np.where(share <= 0.5, 1.0, 0.5 * (1 + np.cos(2 * np.pi * (share - 0.5))))


FORMULAS = ((CosLog4, cos_log), (FlatCos, flat_cos))


@pytest.mark.parametrize(("kind", "formula"), FORMULAS)
@given(peak=st.floats(1e-6, 10), steps=st.integers(1, 10**6), done=st.floats(0, 1.5))
def test_a_number_is_that_of_the_formula(kind, formula, peak, steps, done):
    step = int(done * steps)
    wanted = formula(peak, min(step / steps, 1))
    assert float(kind(peak, steps)(step)) == pytest.approx(wanted, abs=2e-6 * peak)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(("kind", "formula"), FORMULAS)
def test_in_float64(kind, formula):
    """Of a whole training at once, as a tensor or a variable of one step gives it."""
    steps = np.arange(1500)
    wanted = formula(0.3, np.minimum(steps / 1000, 1))
    schedule = kind(0.3, 1000)
    np.testing.assert_allclose(schedule(steps), wanted, rtol=0, atol=1e-13)
    assert float(schedule(keras.Variable(777, dtype="int"))) == pytest.approx(
        wanted[777], rel=1e-12
    )
    assert wanted[1000:].max() < 1e-13
    assert wanted.max() == pytest.approx(0.3, rel=1e-4)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("cycles", [1, 2, 7, 30])
def test_cycles_that_grow(cycles):
    """Each begins and ends at 0, takes twice as long as the one before, and reaches the peak."""
    steps = 2**cycles - 1
    schedule = CosLog4(2.0, steps, cycles=cycles)
    ends = np.array([2**at - 1 for at in range(cycles + 1)])
    np.testing.assert_allclose(schedule(ends), 0, atol=1e-10)
    share = np.random.default_rng(0).uniform(0, 1, 50)
    wanted = cos_log(2.0, share, cycles)
    np.testing.assert_allclose(schedule(share * steps), wanted, rtol=0, atol=1e-9)


@pytest.mark.parametrize("schedule", [CosLog4(0.5, 12, cycles=3), FlatCos(0.5, 12)])
def test_a_saved_model_has_its_schedule_again(schedule, tmp_path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(schedule), "mse")
    model.fit(np.ones((14, 2)), np.ones(14), batch_size=2, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras").optimizer
    assert again._learning_rate.get_config() == schedule.get_config()
    assert float(again.learning_rate) == float(model.optimizer.learning_rate) > 0
    config = json.loads(json.dumps(schedule.get_config()))
    assert vars(type(schedule).from_config(config)) == vars(schedule)


@pytest.mark.parametrize(
    ("kind", "arguments", "message"),
    [
        *[
            (kind, arguments, message)
            for kind in (CosLog4, FlatCos)
            for arguments, message in (
                ({"peak": -0.1}, r"`peak`.*Received: peak=-0\.1"),
                ({"peak": float("nan")}, "`peak`"),
                ({"peak": float("inf")}, "`peak`"),
                ({"peak": "0.1"}, "`peak`"),
                ({"steps": 0}, "`steps`"),
                ({"steps": 2.5}, "`steps`"),
            )
        ],
        (CosLog4, {"peak": 0.0}, "`peak`"),
        (CosLog4, {"cycles": 0}, "`cycles`"),
        (CosLog4, {"cycles": 31}, "`cycles`"),
    ],
)
def test_what_is_no_schedule(kind, arguments, message):
    with pytest.raises(ArgumentError, match=message):
        kind(**{"peak": 0.1, "steps": 10, **arguments})
