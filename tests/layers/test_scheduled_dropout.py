import keras
import numpy as np
import pytest
import tensorflow as tf

from dlrecipes.errors import ArgumentError
from dlrecipes.layers import InvertedDropout, ScheduledDropout
from dlrecipes.training.schedules import CosLog4, FlatCos

SCHEDULES = keras.optimizers.schedules
X = np.random.default_rng(0).normal(size=(40, 25)).astype("float32")


def test_contract(check_layer):
    check_layer(lambda: ScheduledDropout(FlatCos(0.4, 10), seed=3), (4, 5, 6))


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16", "mixed_float16", "float64"])
def test_each_step_is_that_of_dropout_at_its_rate(policy):
    """Of the same random numbers; in float32 Keras draws these, too."""
    constant = SCHEDULES.PiecewiseConstantDecay([10**9], [0.3, 0.3])
    layers = [
        ScheduledDropout(constant, seed=5, dtype=policy),
        InvertedDropout(0.3, seed=5, dtype=policy),
        *([keras.layers.Dropout(0.3, seed=5)] if policy == "float32" else []),
    ]
    for _ in range(3):
        own, *others = (np.asarray(layer(X, training=True)) for layer in layers)
        assert 0.2 < np.mean(own == 0) < 0.4
        for other in others:
            np.testing.assert_array_equal(own, other)


@pytest.mark.parametrize("schedule", [FlatCos(0.5, 8), CosLog4(0.8, 8), FlatCos(0.0, 8)])
def test_the_rate_follows_the_schedule(schedule):
    scheduled, by_hand = ScheduledDropout(schedule, seed=1), InvertedDropout(0.0, seed=1)
    for step in range(10):
        assert int(scheduled.step) == step
        assert float(scheduled.rate) == float(schedule(step))
        by_hand.rate.assign(schedule(step))
        np.testing.assert_array_equal(scheduled(X, training=True), by_hand(X, training=True))
        np.testing.assert_array_equal(scheduled(X), X)  # which is not counted


def test_a_training_counts_and_what_is_saved_goes_on(tmp_path):
    layer = ScheduledDropout(FlatCos(0.5, 10), name="dropout")
    model = keras.Sequential([keras.Input((25,)), layer, keras.layers.Dense(1)])
    model.compile("sgd", "mse", run_eagerly=True)
    model.fit(X, X[:, 0], batch_size=5, validation_split=0.25, verbose=0)
    assert int(layer.step) == 6
    assert [one.path for one in model.non_trainable_weights] == ["dropout/step"]
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras").get_layer("dropout")
    assert loaded.schedule.get_config() == {"peak": 0.5, "steps": 10}
    assert int(loaded.step) == 6
    assert float(loaded.rate) == float(FlatCos(0.5, 10)(6))


def test_a_compiled_step_is_traced_once():
    layer, traces = ScheduledDropout(FlatCos(0.6, 4), seed=1), []

    @tf.function
    def step(x):
        traces.append(1)
        return layer(x, training=True)

    dropped = [float(np.mean(step(tf.ones(10_000)) == 0)) for _ in range(5)]
    assert dropped == pytest.approx([0.6, 0.6, 0.6, 0.3, 0.0], abs=0.03)
    assert len(traces) == 1


def test_a_rate_that_leaves_its_range_is_seen():
    layer = ScheduledDropout(SCHEDULES.PolynomialDecay(0.0, 2, 1.0))
    first, second, third = (np.asarray(layer(X, training=True)) for _ in range(3))
    assert np.isfinite([*first.ravel(), *second.ravel()]).all()
    assert np.isnan(third).all()


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        (0.5, r"must be a `keras.optimizers.schedules.LearningRateSchedule`.*Received: schedule=0"),
        (None, "must be a `keras"),
        (lambda step: 0.5, "must be a `keras"),
        (FlatCos(1.0, 10), r"`schedule\(0\)` must be a finite number in \[0, 1\)"),
        (SCHEDULES.ExponentialDecay(-0.1, 10, 0.5), r"`schedule\(0\)`"),
        (SCHEDULES.ExponentialDecay(float("nan"), 10, 0.5), r"`schedule\(0\)`"),
        (CosLog4(1.5, 10), r"`schedule\.peak`.*Received: schedule\.peak=1\.5"),
    ],
)
def test_what_is_no_schedule_of_rates(schedule, message):
    with pytest.raises(ArgumentError, match=message):
        ScheduledDropout(schedule)


def test_seed_outside():
    with pytest.raises(ArgumentError, match=r"`seed` must be an integer"):
        ScheduledDropout(FlatCos(0.5, 4), seed=-1)
