import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import stats
from sklearn.preprocessing import QuantileTransformer

from dlrecipes.errors import ArgumentError
from dlrecipes.layers import QuantileToNormal

NAN = np.nan
FURTHEST = stats.norm.ppf(1 - 1e-7)


def run(layer, x):
    return keras.ops.convert_to_numpy(layer(np.asarray(x)))


def columns(rows):
    """Normal, heavy at 0, counts, mostly zeros, far from 0, without a variance, two values."""
    generator = np.random.default_rng(0)
    normal = generator.normal(size=(rows, 4))
    return np.stack(
        [
            normal[:, 0],
            np.exp(3 * normal[:, 1]),
            generator.poisson(2, rows),
            np.where(generator.random(rows) < 0.4, 0, normal[:, 2]),
            1e4 + normal[:, 3],
            generator.standard_cauchy(rows),
            generator.integers(0, 2, rows),
        ],
        axis=1,
    ).astype("float32")


# 1024 intervals are a multiple of 64 and 1024: many quantiles are training values.
@pytest.mark.parametrize("n_quantiles", [2, 65, 100, 1000, 1025])
def test_equals_scikit_learn(n_quantiles):
    x = columns(1025)
    x[::9, :2] = NAN
    layer = QuantileToNormal(n_quantiles, noise=0.0)
    layer.adapt(x)
    theirs = QuantileTransformer(
        n_quantiles=n_quantiles, output_distribution="normal", subsample=None
    ).fit(x.astype("float64"))
    generator = np.random.default_rng(1)
    near = x + 0.1 * np.nanstd(x, axis=0) * generator.normal(size=x.shape)
    new = np.concatenate([x, near, 1.5 * x]).astype("float32")
    expected = theirs.transform(new.astype("float64"))
    np.testing.assert_allclose(run(layer, new), expected, atol=3e-6)


def test_noise_spreads_frequent_values():
    x = columns(3000)
    x[::9, 0] = NAN
    layer = QuantileToNormal(seed=3)
    layer.adapt(x)
    generator = np.random.default_rng(3)
    noise = np.stack([generator.normal(size=len(x)) for _ in x.T], axis=1)
    wide = x.astype("float64")
    noisy = wide + 1e-5 * np.nanstd(wide, axis=0) * noise
    theirs = QuantileTransformer(n_quantiles=100, output_distribution="normal", subsample=None).fit(
        noisy
    )
    # One among many equal values is somewhere within their quantiles, steep as they are.
    np.testing.assert_allclose(run(layer, x), theirs.transform(wide), atol=2e-3)
    # ---- 0 is the lowest of the counts, and no outlier
    counts = run(layer, x)[:, 2]
    share = np.mean(x[:, 2] == 0)
    lowest = counts[x[:, 2] == 0]
    assert np.ptp(lowest) == 0
    assert lowest[0] == pytest.approx(stats.norm.ppf(share / 2), abs=0.1)
    without = QuantileToNormal(noise=0.0)
    without.adapt(x)
    assert run(without, x)[:, 2].min() == pytest.approx(-FURTHEST, rel=1e-6)


@pytest.mark.parametrize(("rows", "quantiles"), [(5, 5), (60, 10), (3000, 100), (40_000, 1000)])
def test_how_many_quantiles(rows, quantiles):
    layer = QuantileToNormal()
    layer.adapt(np.random.default_rng(0).normal(size=(rows, 2)))
    assert {tuple(weight.shape) for weight in layer.weights} == {(quantiles, 2)}


@pytest.mark.parametrize(("noise", "kept"), [(1e-5, [0, 4, 5]), (0.0, [0, 1, 4, 5])])
def test_training_data_become_normal(noise, kept):
    """With the noise not where a few values are a million times as far apart as most."""
    x = columns(3000)[:, kept]
    layer = QuantileToNormal(noise=noise)
    layer.adapt(x)
    shares = stats.norm.cdf(np.sort(run(layer, x), axis=0))
    expected = (np.arange(3000) + 0.5) / 3000
    np.testing.assert_allclose(shares, np.repeat(expected[:, None], len(kept), axis=1), atol=1e-2)


def test_constant_columns_one_row_and_nan():
    layer = QuantileToNormal()
    layer.adapt([[2.0, 1e8, NAN]])
    output = run(layer, [[-5.0, 1e8, 3.0], [NAN, np.inf, -np.inf]])
    np.testing.assert_array_equal(output, [[0, 0, 0], [NAN, 0, 0]])


@settings(deadline=None, max_examples=20)
@given(
    x=st.lists(st.one_of(st.just(NAN), st.floats(-8e37, 8e37)), min_size=1, max_size=12),
    new=st.lists(st.floats(allow_nan=False, width=32), min_size=1, max_size=12),
    noise=st.sampled_from([0.0, 1e-5, 1.0]),
)
def test_finite_bounded_and_monotone_for_all_numbers(x, new, noise):
    layer = QuantileToNormal(noise=noise)
    layer.adapt(np.asarray(x)[:, None])
    output = run(layer, np.sort(new)[:, None].astype("float32"))
    assert (np.abs(output) <= FURTHEST + 1e-5).all()
    assert (np.diff(output, axis=0) >= -2e-6).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_quantiles": 1}, "`n_quantiles` must be an integer, at least 2"),
        ({"n_quantiles": 10.0}, "`n_quantiles` must be an integer"),
        ({"noise": -1e-5}, "`noise` must be a finite number"),
        ({"noise": NAN}, "`noise` must be a finite number"),
        ({"seed": -1}, "`seed` must be an integer"),
        ({"seed": None}, "`seed` must be an integer"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        QuantileToNormal(**arguments)
