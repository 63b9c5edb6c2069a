import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from sklearn.impute import SimpleImputer

from dlrecipes.errors import ArgumentError
from dlrecipes.layers import Imputation

NAN = np.nan
TRAIN = np.array([[1.0, NAN, NAN, 4.0], [2.0, 5.0, NAN, 4.0], [6.0, 7.0, NAN, 4.0]])


def run(layer, x):
    return keras.ops.convert_to_numpy(layer(np.asarray(x)))


@pytest.mark.parametrize(
    ("strategy", "fill"),
    [("median", [2, 6, 0, 4]), ("mean", [3, 6, 0, 4]), ("zero", [0, 0, 0, 0])],
)
def test_statistics_and_indicators(strategy, fill):
    layer = Imputation(strategy)
    layer.adapt(TRAIN)
    assert layer.indicator_columns == (1, 2)
    new = [[NAN, NAN, NAN, NAN], [1, NAN, 3, 4]]
    expected = [[*fill, 1, 1], [1, fill[1], 3, 4, 1, 0]]
    np.testing.assert_array_equal(run(layer, new), expected)


def test_without_indicators():
    layer = Imputation(indicators=False)
    layer.adapt(TRAIN)
    assert layer.indicator_columns == ()
    assert run(layer, TRAIN).shape == (3, 4)


def test_a_column_first_missing_later_has_no_indicator():
    layer = Imputation()
    layer.adapt([[1.0, 2.0], [3.0, 4.0]])
    assert layer.indicator_columns == ()
    np.testing.assert_array_equal(run(layer, [[NAN, 9.0]]), [[2, 9]])


def test_indicator_columns_need_adapt():
    with pytest.raises(ArgumentError, match="must be adapted"):
        _ = Imputation().indicator_columns


@pytest.mark.parametrize("strategy", ["mean", "median"])
def test_equals_scikit_learn(strategy):
    generator = np.random.default_rng(0)
    x = generator.normal(size=(200, 6)) * 10 + [0, 1, 1e3, 1e5, 1e8, -1e8]
    x = np.where(generator.random(x.shape) < 0.2, NAN, x).astype("float32")
    x[:, 0] = np.arange(200)
    layer = Imputation(strategy)
    layer.adapt(x)
    theirs = SimpleImputer(strategy=strategy, add_indicator=True).fit_transform(x.astype("float64"))
    np.testing.assert_array_equal(run(layer, x), theirs.astype("float32"))
    assert layer.indicator_columns == (1, 2, 3, 4, 5)


def test_mean_of_many_large_numbers():
    x = np.full((100_000, 1), 1e8)
    x[::2] += 16
    layer = Imputation("mean")
    layer.adapt(x)
    assert run(layer, [[NAN]])[0, 0] == np.float32(1e8 + 8)


def test_one_row():
    layer = Imputation()
    layer.adapt([[NAN, 3.0]])
    np.testing.assert_array_equal(run(layer, [[NAN, NAN]]), [[0, 3, 1]])


def test_infinity_passes():
    layer = Imputation()
    layer.adapt(TRAIN)
    assert run(layer, [[np.inf, 1, 1, 1]])[0, 0] == np.inf


def test_adapting_again_moves_the_indicators():
    layer = Imputation()
    layer.adapt(TRAIN)
    layer.adapt(TRAIN[:, ::-1])
    assert layer.indicator_columns == (1, 2)
    layer.adapt(TRAIN[:, [1, 0, 2, 3]])
    assert layer.indicator_columns == (0, 2)
    with pytest.raises(ArgumentError, match="same layout"):
        layer.adapt(TRAIN[:, [0, 0, 0, 1]])


@settings(deadline=None, max_examples=30)
@given(
    columns=st.lists(
        st.lists(st.one_of(st.just(NAN), st.floats(-1e30, 1e30)), min_size=4, max_size=4),
        min_size=1,
        max_size=4,
    ),
    strategy=st.sampled_from(["mean", "median", "zero"]),
)
def test_no_gap_is_left_and_what_was_there_stays(columns, strategy):
    x = np.asarray(columns).T
    layer = Imputation(strategy)
    layer.adapt(x)
    output = run(layer, x)
    missing = np.isnan(x)
    filled = output[:, : x.shape[1]]
    assert np.isfinite(output).all()
    # TensorFlow takes float32 numbers under 1.2e-38 for 0.
    there = x.astype("float32")[~missing]
    np.testing.assert_allclose(filled[~missing], there, rtol=0, atol=1.2e-38)
    np.testing.assert_array_equal(output[:, x.shape[1] :], missing[:, missing.any(axis=0)])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"strategy": "mode"}, "`strategy` must be one of 'mean', 'median', 'zero'.*'mode'"),
        ({"strategy": None}, "`strategy` must be one of"),
        ({"indicators": 1}, "`indicators` must be True or False"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        Imputation(**arguments)
