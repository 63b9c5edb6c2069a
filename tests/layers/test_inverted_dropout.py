import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings, strategies as st
from scipy import stats

from dlrecipes.errors import ArgumentError
from dlrecipes.layers import InvertedDropout


@pytest.mark.parametrize("rate", [0.0, 0.4])
def test_contract(check_layer, rate):
    check_layer(lambda: InvertedDropout(rate, seed=3), (4, 5, 6))


# Whoever draws 50 times is outside once in ten million times.
SURELY = 1 - 2e-9


@settings(deadline=None, max_examples=25)
@given(rate=st.floats(0, 0.95), seed=st.integers(0, 2**31 - 1))
def test_mean_and_variance_are_those_of_keras(rate, seed):
    """Both take two values only; equal values and equal shares are an equal distribution."""
    n, kept = 20_000, 2 / (1 - rate)
    # The binomial distribution's own bounds: one dropped element is much, if few are expected.
    fewest, _ = stats.binom.interval(SURELY, n, rate)
    # Random numbers are multiples of 2**-23: so much more of them may lie below the rate.
    _, most = stats.binom.interval(SURELY, n, rate + 2**-23)
    for layer in (InvertedDropout(rate, seed=seed), keras.layers.Dropout(rate, seed=seed)):
        found = np.asarray(layer(np.full((n,), 2.0, "float32"), training=True), "float64")
        assert np.all((found == 0) | (np.abs(found - kept) < 1e-5 * kept))
        assert fewest <= np.sum(found == 0) <= most


def test_variance():
    x = np.ones(200_000, "float32")
    output = np.asarray(InvertedDropout(0.3, seed=0)(x, training=True))
    assert output.var() == pytest.approx(0.3 / 0.7, rel=0.02)


def test_formula():
    layer = InvertedDropout(0.25, seed=11)
    x = np.random.default_rng(0).normal(size=(3, 7)).astype("float32")
    noise = keras.random.uniform((3, 7), dtype="float32", seed=keras.random.SeedGenerator(11))
    expected = np.where(np.asarray(noise) >= 0.25, x * np.float32(1 / (1 - 0.25)), 0)
    np.testing.assert_array_equal(layer(x, training=True), expected)


@settings(deadline=None, max_examples=20)
@given(
    x=st.lists(
        st.floats(-(2.0**100), 2.0**100, width=32, allow_subnormal=False), min_size=1, max_size=8
    )
)
def test_rate_zero_is_the_identity(x):
    x = np.asarray(x, "float32")
    np.testing.assert_array_equal(InvertedDropout(0.0, seed=1)(x, training=True), x)


@pytest.mark.parametrize("training", [False, None])
def test_inference_is_the_identity(training):
    x = np.arange(6, dtype="float32")
    np.testing.assert_array_equal(InvertedDropout(0.9, seed=1)(x, training=training), x)


def test_masks_differ_between_steps_and_elements():
    layer = InvertedDropout(0.5, seed=1)
    x = np.ones((8, 64), "float32")
    first, second = (np.asarray(layer(x, training=True)) for _ in range(2))
    assert (first != second).any()
    assert (first[0] != first[1]).any()


def test_rate_changes_without_a_new_trace():
    layer = InvertedDropout(0.0, seed=1)
    traces = []

    @tf.function
    def step(x):
        traces.append(1)
        return layer(x, training=True)

    x = tf.ones(10_000)
    assert np.mean(step(x) == 0) == 0
    layer.rate.assign(0.7)
    assert np.mean(step(x) == 0) == pytest.approx(0.7, abs=0.03)
    assert len(traces) == 1
    assert layer.get_config()["rate"] == 0.7


def test_variables_are_the_same_at_every_rate():
    def variables(rate):
        return [(v.name, v.dtype, tuple(v.shape)) for v in InvertedDropout(rate).variables]

    assert variables(0.0) == variables(0.5)
    assert len(variables(0.0)) == 2


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16", "mixed_float16", "float64"])
def test_rate_stays_float32(policy):
    layer = InvertedDropout(0.1, seed=1, dtype=policy)
    x = keras.ops.ones((50_000,), dtype=layer.compute_dtype)
    output = layer(x, training=True)
    assert layer.rate.dtype == "float32"
    assert keras.backend.standardize_dtype(output.dtype) == layer.compute_dtype
    # One mask under all policies; only the kept values are rounded.
    reference = InvertedDropout(0.1, seed=1)(np.ones(50_000, "float32"), training=True)
    np.testing.assert_array_equal(np.asarray(output) == 0, np.asarray(reference) == 0)


def test_assigned_rate_is_saved(tmp_path):
    model = keras.Sequential([keras.Input((3,)), InvertedDropout(0.1, name="dropout")])
    model.get_layer("dropout").rate.assign(0.6)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert float(loaded.get_layer("dropout").rate) == pytest.approx(0.6)


def test_mask_is_passed_on():
    embedding = keras.layers.Embedding(5, 4, mask_zero=True)
    output = InvertedDropout(0.5)(embedding(np.array([[1, 0]])))
    np.testing.assert_array_equal(keras.src.backend.get_keras_mask(output), [[True, False]])


@pytest.mark.parametrize("rate", [-0.1, 1.0, 1.5, float("nan"), True, "0.5"])
def test_rate_outside(rate):
    with pytest.raises(ArgumentError, match=r"`rate` must be a finite number in \[0, 1\)"):
        InvertedDropout(rate)


def test_rate_outside_says_what_was_received():
    with pytest.raises(ArgumentError, match=r"Received: rate=1\.5\."):
        InvertedDropout(1.5)


def test_seed_outside():
    with pytest.raises(ArgumentError, match=r"`seed` must be an integer"):
        InvertedDropout(0.5, seed=-1)
