import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from dlrecipes.errors import ArgumentError
from dlrecipes.layers import QuantileClip

NAN = np.nan


def run(layer, x):
    return keras.ops.convert_to_numpy(layer(np.asarray(x)))


def test_equals_numpy():
    generator = np.random.default_rng(0)
    x = generator.standard_t(2, size=(500, 4)) * [1, 100, 1e-3, 1e4] + [0, 5, 0, 1e8]
    x[generator.random(x.shape) < 0.1] = NAN
    x = x.astype("float32")
    layer = QuantileClip((0.02, 0.9))
    layer.adapt(x)
    low, high = np.nanquantile(x.astype("float64"), [0.02, 0.9], axis=0).astype("float32")
    np.testing.assert_array_equal(run(layer, x), np.clip(x, low, high))


def test_nan_stays_and_infinity_is_clipped():
    layer = QuantileClip((0.0, 1.0))
    layer.adapt([[1.0, NAN], [3.0, NAN]])
    output = run(layer, [[NAN, NAN], [np.inf, np.inf], [-np.inf, -7.0]])
    np.testing.assert_array_equal(output, [[NAN, NAN], [3, np.inf], [1, -7]])


def test_constant_column_and_one_row():
    layer = QuantileClip()
    layer.adapt([[2.0, 1e8]])
    np.testing.assert_array_equal(run(layer, [[-5.0, 2e8]]), [[2, 1e8]])


@settings(deadline=None, max_examples=30)
@given(
    x=st.lists(st.one_of(st.just(NAN), st.floats(-8e37, 8e37)), min_size=1, max_size=12),
    low=st.floats(0, 0.49),
    high=st.floats(0.51, 1),
)
def test_clipping_twice_is_clipping_once(x, low, high):
    x = np.asarray(x)[:, None]
    layer = QuantileClip((low, high))
    layer.adapt(x)
    once = run(layer, x)
    np.testing.assert_array_equal(run(layer, once), once)
    np.testing.assert_array_equal(np.isnan(once), np.isnan(x))


@pytest.mark.parametrize(
    ("quantile_range", "message"),
    [
        ((-0.1, 0.9), r"`quantile_range\[0\]` must be a finite number in \[0, 1\)"),
        (("0", 0.9), r"`quantile_range\[0\]` must be a finite number"),
        ((NAN, 0.9), r"`quantile_range\[0\]` must be a finite number"),
        ((0.1, 1.1), r"`quantile_range\[1\]` must be a finite number in \(0, 1\]"),
        ((0.1, True), r"`quantile_range\[1\]` must be a finite number"),
        ((0.5, 0.5), r"must be below the upper one.*quantile_range=\(0.5, 0.5\)"),
        (0.1, "a lower and an upper quantile.*quantile_range=0.1"),
        ((0.1,), r"a lower and an upper quantile.*quantile_range=\(0.1,\)"),
    ],
)
def test_wrong_arguments(quantile_range, message):
    with pytest.raises(ArgumentError, match=message):
        QuantileClip(quantile_range)


def test_a_layer_saved_under_older_names():
    config = QuantileClip((0.1, 0.8)).get_config()
    del config["quantile_range"]
    again = QuantileClip.from_config({**config, "low": 0.1, "high": 0.8})
    assert again.quantile_range == (0.1, 0.8)
