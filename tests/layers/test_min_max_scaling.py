import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from sklearn.preprocessing import MinMaxScaler

from dlrecipes.errors import ArgumentError
from dlrecipes.layers import MinMaxScaling

NAN = np.nan


def run(layer, x):
    return keras.ops.convert_to_numpy(layer(np.asarray(x)))


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-1, 1), (0.1, 0.3), (-3, -2)])
@pytest.mark.parametrize("clip", [False, True])
def test_equals_scikit_learn(low, high, clip):
    generator = np.random.default_rng(0)
    x = (generator.normal(size=(100, 4)) * [1, 50, 1e-4, 1e4] + [0, 7, 3e-4, 1e8]).astype("float32")
    x[::9, 1] = NAN
    layer = MinMaxScaling(low, high, clip)
    layer.adapt(x[:60])
    theirs = MinMaxScaler((low, high), clip=clip).fit(x[:60].astype("float64"))
    expected = theirs.transform(x.astype("float64"))
    np.testing.assert_allclose(run(layer, x), expected, rtol=1e-5, atol=1e-6)
    beyond = np.nanmax(run(layer, x)) > np.float32(high)
    assert beyond != clip


@pytest.mark.parametrize("clip", [False, True])
def test_constant_column_gives_the_middle(clip):
    layer = MinMaxScaling(-1, 3, clip)
    layer.adapt([[5.0, 1e8, NAN, 0.0], [5.0, 1e8 + 8, NAN, 1e-39]])
    new = [[5.0, 1e8, 1.0, 0.0], [5.5, -1e8, 2.0, -4.0], [NAN, NAN, NAN, NAN]]
    np.testing.assert_array_equal(run(layer, new), [[1] * 4, [1] * 4, [NAN] * 4])


def test_one_row():
    layer = MinMaxScaling()
    layer.adapt([[3.0, -2.0]])
    np.testing.assert_array_equal(run(layer, [[3.0, 7.0]]), [[0.5, 0.5]])


def test_a_large_offset_does_not_cancel():
    layer = MinMaxScaling()
    x = 1e8 + np.arange(0, 808, 8.0)[:, None]
    layer.adapt(x)
    np.testing.assert_allclose(run(layer, x)[:, 0], np.arange(101) / 100, atol=1e-7)


def test_far_values_with_and_without_clip():
    new = [[3e38], [-3e38], [np.inf], [2.0]]
    layer = MinMaxScaling(0.5, 1.0)
    layer.adapt([[0.0], [1.0]])
    np.testing.assert_array_equal(run(layer, new), [[1], [0.5], [1], [1]])
    layer = MinMaxScaling(0.5, 1.0, clip=False)
    layer.adapt([[0.0], [1.0]])
    np.testing.assert_allclose(run(layer, new), [[1.5e38], [-1.5e38], [np.inf], [1.5]])


@settings(deadline=None, max_examples=40)
@given(
    x=st.lists(st.one_of(st.just(NAN), st.floats(-8e37, 8e37)), min_size=1, max_size=12),
    # TensorFlow takes numbers below float32's normal ones for 0.
    low=st.floats(-100, 100).filter(lambda low: low == 0 or abs(low) > 1e-30),
    width=st.floats(0.01, 100),
)
def test_training_data_lie_in_the_range(x, low, width):
    x = np.asarray(x)[:, None]
    high = low + width
    tolerance = 4e-7 * max(abs(low), abs(high))
    for clip in (True, False):
        layer = MinMaxScaling(low, high, clip)
        layer.adapt(x)
        output = run(layer, x)[~np.isnan(x)]
        assert (output >= np.float32(low) - (0 if clip else tolerance)).all()
        assert (output <= np.float32(high) + (0 if clip else tolerance)).all()
        if len(output) and np.ptp(output) > 0:
            assert output.min() == pytest.approx(low, abs=tolerance)
            assert output.max() == pytest.approx(high, abs=tolerance)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"low": 1.0}, "`low` must be below `high`.*low=1.0, high=1.0"),
        ({"low": 2.0, "high": 1.0}, "`low` must be below `high`"),
        ({"low": 1.0, "high": 1.0 + 1e-12}, "`low` must be below `high`"),
        ({"low": -np.inf}, "`low` must be a finite number"),
        ({"high": 1e300}, "`high` must be a finite number"),
        ({"high": None}, "`high` must be a finite number"),
        ({"clip": "yes"}, "`clip` must be True or False.*'yes'"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        MinMaxScaling(**arguments)
