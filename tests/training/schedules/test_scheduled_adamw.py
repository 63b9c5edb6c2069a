"""AdamW beside its formula, and beside Keras' own.

Keras takes numbers in float32: some here are the same in it.
"""

import keras
import numpy as np
import pytest

from dlrecipes.errors import ArgumentError
from dlrecipes.training.schedules import CosLog4, FlatCos, ScheduledAdamW

X = np.random.default_rng(0).normal(size=(48, 3))
NUMBERS = {"beta_1": 0.75, "beta_2": 0.9375, "epsilon": 2**-20}
Y = X @ np.array([1.0, -2.0, 0.5]) + 3.0


def linear(optimizer):
    """A linear network, whose loss is the mean square."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, name="out")])
    model.compile(optimizer, "mse")
    return model


def trained(model, epochs=2):
    model.fit(X, Y, batch_size=4, epochs=epochs, shuffle=False, verbose=0)
    return [np.asarray(one, "float64") for one in model.get_weights()]


def by_hand(weights, rates, decays, of_bias):
    """Weights after each step, in NumPy."""
    weights = [one.copy() for one in weights]
    first, second = ([np.zeros_like(one) for one in weights] for _ in range(2))
    for step, (rate, decay) in enumerate(zip(rates, decays, strict=True), 1):
        rows = slice((step - 1) % 12 * 4, (step - 1) % 12 * 4 + 4)
        error = X[rows] @ weights[0][:, 0] + weights[1][0] - Y[rows]
        slopes = [2 * (X[rows].T @ error / 4)[:, None], np.array([2 * error.mean()])]
        for at, slope in enumerate(slopes):
            weights[at] *= 1 - (decay if at == 0 or of_bias else 0.0) * rate
            first[at] += (slope - first[at]) * (1 - 0.75)
            second[at] += (slope**2 - second[at]) * (1 - 0.9375)
            size = rate * np.sqrt(1 - 0.9375**step) / (1 - 0.75**step)
            weights[at] -= size * first[at] / (np.sqrt(second[at]) + 2**-20)
    return weights


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("of_bias", [True, False])
def test_the_decay_of_each_step_is_that_of_the_schedule(of_bias):
    optimizer = ScheduledAdamW(CosLog4(0.1, 24), FlatCos(2.0, 24), **NUMBERS)
    if not of_bias:
        optimizer.exclude_from_weight_decay(var_names=["bias"])
    model = linear(optimizer)
    begun = model.get_weights()
    begun[1] += 1.0
    model.set_weights(begun)
    share = np.arange(24) / 24
    rates = 0.05 * (1 - np.cos(2 * np.pi * np.log2(1 + 15 * share)))
    decays = np.where(share <= 0.5, 2.0, 1 + np.cos(2 * np.pi * (share - 0.5)))
    wanted = by_hand(begun, rates, decays, of_bias)
    for got, one in zip(trained(model), wanted, strict=True):
        np.testing.assert_allclose(got, one, rtol=1e-9)
    other = by_hand(begun, rates, np.full(24, 2.0), of_bias)
    assert not np.allclose(other[0], wanted[0], rtol=1e-3)


@pytest.mark.parametrize("rate", [0.01, keras.optimizers.schedules.CosineDecay(0.1, 20)])
def test_with_a_number_it_is_keras_own(rate):
    options = {"beta_1": 0.8, "clipnorm": 0.5, "use_ema": True, "amsgrad": True}
    own, kerass = (
        trained(linear(kind(rate, 0.3, **options)))
        for kind in (ScheduledAdamW, keras.optimizers.AdamW)
    )
    for one, other in zip(own, kerass, strict=True):
        np.testing.assert_array_equal(one, other)
    assert ScheduledAdamW().weight_decay == keras.optimizers.AdamW().weight_decay
    assert ScheduledAdamW(1e-3, 0.3, **options).get_config().items() >= (
        {"weight_decay": 0.3, "amsgrad": True, "use_ema": True}.items()
    )


def test_a_saved_training_goes_on_where_it_was(tmp_path):
    model = linear(ScheduledAdamW(0.01, FlatCos(0.5, 20), name="adamw"))
    trained(model, epochs=1)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert type(again.optimizer) is ScheduledAdamW
    assert float(again.optimizer.weight_decay) == float(model.optimizer.weight_decay) < 0.5
    for one, other in zip(trained(model), trained(again), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_number_replaces_the_schedule():
    optimizer = ScheduledAdamW(0.01, FlatCos(0.5, 20))
    optimizer.weight_decay = 0.25
    assert optimizer.weight_decay == 0.25
    assert ScheduledAdamW.from_config(optimizer.get_config()).weight_decay == 0.25


@pytest.mark.parametrize("decay", [-0.1, float("nan"), None, "0.1", lambda step: 0.1])
def test_what_is_no_decay(decay):
    with pytest.raises(ArgumentError, match="`weight_decay` must be a finite number"):
        ScheduledAdamW(0.01, decay)
