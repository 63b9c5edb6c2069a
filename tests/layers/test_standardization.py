import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from sklearn.preprocessing import StandardScaler

from dlrecipes.errors import ArgumentError
from dlrecipes.layers import Standardization

NAN = np.nan


def run(layer, x):
    return keras.ops.convert_to_numpy(layer(np.asarray(x)))


@pytest.mark.parametrize("center", [False, True])
@pytest.mark.parametrize("scale", [False, True])
def test_equals_scikit_learn(center, scale):
    generator = np.random.default_rng(0)
    x = (generator.normal(size=(100, 4)) * [1, 50, 1e-4, 1e3] + [0, 7, 3e-4, 1e8]).astype("float32")
    x[::9, 1] = NAN
    layer = Standardization(center, scale)
    layer.adapt(x[:60])
    theirs = StandardScaler(with_mean=center, with_std=scale).fit(x[:60].astype("float64"))
    expected = theirs.transform(x.astype("float64"))
    np.testing.assert_allclose(run(layer, x), expected, rtol=1e-5, atol=1e-5)


def test_constant_columns_are_centred_only():
    layer = Standardization()
    layer.adapt([[0.1, 1e8, NAN, 0.0], [0.1, 1e8 + 8, NAN, 1e-39], [0.1, 1e8, NAN, 0.0]])
    output = run(layer, [[0.6, 1e8, 3.0, 2.0], [NAN, NAN, NAN, NAN]])
    np.testing.assert_allclose(output, [[0.5, -8 / 3, 3, 2], [NAN] * 4], atol=1e-6)


def test_keras_does_otherwise():
    x = np.array([[0.0, NAN], [0.0, 1.0], [0.0, 2.0]])
    theirs = keras.layers.Normalization()
    theirs.adapt(x)
    output = run(theirs, [[0.5, 1.0]])
    assert output[0, 0] == pytest.approx(5e6, rel=0.01)
    assert np.isnan(output[0, 1])
    ours = Standardization()
    ours.adapt(x)
    np.testing.assert_allclose(run(ours, [[0.5, 1.5]]), [[0.5, 0.0]], atol=1e-7)


def test_one_row():
    layer = Standardization()
    layer.adapt([[3.0, NAN]])
    np.testing.assert_array_equal(run(layer, [[5.0, 1.0]]), [[2, 1]])


def test_a_large_offset_does_not_cancel():
    # The mean lies between two float32 numbers.
    x = 1e8 + 8.0 * np.random.default_rng(0).integers(0, 10, size=(1001, 1))
    layer = Standardization()
    layer.adapt(x)
    z = run(layer, x).astype("float64")
    assert abs(z.mean()) < 1e-6
    assert z.std() == pytest.approx(1, abs=1e-6)


@settings(deadline=None, max_examples=30)
@given(x=st.lists(st.floats(-1e30, 1e30), min_size=2, max_size=12))
def test_training_data_have_mean_0_and_deviation_1_or_are_constant(x):
    x = np.asarray(x)[:, None]
    layer = Standardization()
    layer.adapt(x)
    z = run(layer, x).astype("float64")
    rounded = x.astype("float32").astype("float64")
    if rounded.std() > 1e-3 * abs(rounded.mean()) and rounded.std() > 1e-30:
        assert z.mean() == pytest.approx(0, abs=1e-5)
        assert z.std() == pytest.approx(1, abs=1e-5)
    assert np.isfinite(z).all()


@pytest.mark.parametrize("name", ["center", "scale"])
@pytest.mark.parametrize("value", [1, None, "yes"])
def test_wrong_arguments(name, value):
    with pytest.raises(ArgumentError, match=f"`{name}` must be True or False"):
        Standardization(**{name: value})
