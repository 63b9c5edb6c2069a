import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from dlrecipes.errors import ArgumentError
from dlrecipes.layers import RobustScaling

NAN, MAX = np.nan, float(np.finfo(np.float32).max)


def run(layer, x):
    return keras.ops.convert_to_numpy(layer(np.asarray(x)))


def paper(x, new, clip=3.0, ends=(0.25, 0.75)):
    """The formula of RealMLP in float64; NaN is not counted."""
    median = np.nanmedian(x, axis=0)
    lower, upper = np.nanquantile(x, ends, axis=0)
    span = np.nanmax(x, axis=0) - np.nanmin(x, axis=0)
    with np.errstate(divide="ignore"):
        scale = np.where(upper > lower, 1 / (upper - lower), np.where(span > 0, 2 / span, 0))
    z = (new - median) * scale
    return z if clip is None else z / np.sqrt(1 + (z / clip) ** 2)


@pytest.mark.parametrize("clip", [3.0, 0.5, 100.0, None])
@pytest.mark.parametrize("quantile_range", [(0.25, 0.75), (0.0, 0.9)])
def test_equals_the_formula(clip, quantile_range):
    generator = np.random.default_rng(0)
    x = generator.standard_t(2, size=(401, 5)) * [1, 100, 1e-3, 8.0, 1] + [0, 5, 0, 1e8, 0]
    x[:, 4] = generator.random(401) < 0.1  # the quartiles are equal
    x[generator.random(x.shape) < 0.1] = NAN
    x = x.astype("float32")
    layer = RobustScaling(quantile_range, clip)
    layer.adapt(x)
    new = np.concatenate([x, 3 * x]).astype("float32")
    expected = paper(x.astype("float64"), new.astype("float64"), clip, quantile_range)
    np.testing.assert_allclose(run(layer, new), expected, rtol=2e-6, atol=1e-6)


def test_constant_columns_one_row_and_nan():
    layer = RobustScaling()
    layer.adapt([[2.0, 1e8, NAN]])
    output = run(layer, [[-5.0, 1e8, 3.0], [NAN, np.inf, -np.inf], [MAX, -MAX, NAN]])
    np.testing.assert_array_equal(output, [[0, 0, 0], [NAN, 0, 0], [0, 0, NAN]])


@settings(deadline=None, max_examples=40)
@given(
    x=st.lists(st.one_of(st.just(NAN), st.floats(-8e37, 8e37)), min_size=1, max_size=12),
    new=st.lists(st.floats(allow_nan=False, width=32), min_size=1, max_size=12),
    clip=st.sampled_from([1e-6, 3.0, 1e6, None]),
)
def test_finite_bounded_and_monotone_for_all_numbers(x, new, clip):
    layer = RobustScaling(clip=clip)
    layer.adapt(np.asarray(x)[:, None])
    output = run(layer, np.sort(new)[:, None].astype("float32"))
    assert np.isfinite(output).all()
    assert (np.diff(output, axis=0) >= -2e-7 * np.abs(output[1:])).all()
    if clip is not None:
        assert (np.abs(output) <= np.float32(clip) * (1 + 1e-6)).all()


def test_the_largest_numbers_go_to_the_limit():
    layer = RobustScaling()
    layer.adapt(np.linspace(-1, 1, 9)[:, None] * 8e37)
    output = run(layer, [[-np.inf], [-MAX], [MAX], [np.inf]])
    np.testing.assert_allclose(output[[0, 3], 0], [-3, 3], rtol=1e-6)
    assert (np.abs(output[1:3]) > 2).all()
    layer = RobustScaling()
    layer.adapt([[0.0], [1e-37], [2e-37]])
    np.testing.assert_allclose(run(layer, [[-MAX], [1.0], [MAX]]), [[-3], [3], [3]], rtol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"clip": 0}, r"`clip` must be a finite number in \[1e-06, 1e\+06\]"),
        ({"clip": NAN}, "`clip` must be"),
        ({"clip": True}, "`clip` must be"),
        ({"quantile_range": (0.75, 0.25)}, "must be below the upper one"),
        ({"quantile_range": (25, 75)}, r"`quantile_range\[0\]` must be"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        RobustScaling(**arguments)
