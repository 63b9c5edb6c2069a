"""Bias and variance by the bootstrap, where both are known."""

import numpy as np
import pytest
from scipy import stats
from sklearn.neighbors import KNeighborsRegressor

import dlrecipes as dlr
from dlrecipes.errors import ArgumentError

decompose_error = dlr.diagnose.decompose_error
GENERATOR = np.random.default_rng(0)


def mean_of_all(x, y, x_new):
    return np.full(len(x_new), y.mean())


def test_of_the_mean_the_variance_is_known():
    """A resampled mean of n targets has the variance var(y) / n."""
    y = GENERATOR.normal(3.0, 2.0, size=80)
    wanted = GENERATOR.normal(1.0, 0.5, size=40)
    parts = decompose_error(
        mean_of_all, np.zeros(80), y, x_new=np.zeros(40), y_new=wanted, samples=4000, noise=0.25
    )
    assert parts.variance == pytest.approx(y.var() / 80, rel=0.1)
    assert parts.bias == pytest.approx(
        (y.mean() - wanted.mean()) ** 2 + wanted.var() - 0.25, rel=0.05
    )
    assert parts.error == pytest.approx(parts.bias + parts.variance + parts.noise)


@pytest.mark.parametrize("outputs", [(), (3,)])
def test_the_sum_is_the_error_and_fewer_neighbours_vary_more(outputs):
    x, new = GENERATOR.normal(size=(60, 2)), GENERATOR.normal(size=(30, 2))
    y, wanted = (GENERATOR.normal(size=(rows, *outputs)) for rows in (60, 30))

    def neighbours(k):
        return lambda x, y, new: KNeighborsRegressor(k).fit(x, y).predict(new)

    one, many = (
        decompose_error(neighbours(k), x, y, x_new=new, y_new=wanted, seed=3) for k in (1, 30)
    )
    for parts in (one, many):
        assert parts.error == pytest.approx(parts.bias + parts.variance)
    assert one.variance > 5 * many.variance
    again = decompose_error(neighbours(1), x, y, x_new=new, y_new=wanted, seed=3)
    assert again == one


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": np.zeros(3)}, "`x` and `y` must have as many rows"),
        ({"y_new": np.zeros(0)}, "`x_new`, `y_new` must have as many rows"),
        ({"samples": 1}, "`samples`"),
        ({"noise": -1}, "`noise`"),
        ({"fit": lambda x, y, new: 3.0}, "`fit` must return one prediction for each"),
    ],
)
def test_mistakes(change, message):
    given = {
        "fit": mean_of_all,
        "x": np.zeros(5),
        "y": np.zeros(5),
        "x_new": np.zeros(2),
        "y_new": np.zeros(2),
    } | change
    with pytest.raises(ArgumentError, match=message):
        decompose_error(**given)


def test_predictions_of_data_sets_drawn_anew():
    """Against loops, the sum of the parts, and the truth on average over many draws."""
    generator = np.random.default_rng(0)
    truth = generator.normal(size=30)
    found = truth + 0.4 + generator.normal(size=(6, 30)) * np.linspace(0.5, 2, 30)
    parts = dlr.diagnose.decompose_predictions(found, truth, noise=0.3)
    errors = np.mean((found - truth) ** 2, axis=1)
    assert parts.error == pytest.approx(errors.mean() + 0.3)
    assert parts.error_interval == pytest.approx(stats.sem(errors) * stats.t.ppf(0.975, 5))
    variance = np.mean(np.var(found, axis=0, ddof=1))
    assert parts.variance == pytest.approx(variance)
    assert parts.bias == pytest.approx(np.mean((found.mean(axis=0) - truth) ** 2) - variance / 6)
    without = [np.mean(np.var(np.delete(found, at, 0), axis=0, ddof=1)) for at in range(6)]
    half = stats.t.ppf(0.975, 5) * np.sqrt(5 * np.var(without))
    assert parts.variance_interval == pytest.approx(half)
    many = [
        dlr.diagnose.decompose_predictions(0.2 + generator.normal(size=(4, 9)), np.zeros(9))
        for _ in range(2000)
    ]
    assert np.mean([one.bias for one in many]) == pytest.approx(0.04, abs=0.01)
    assert np.mean([one.variance for one in many]) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("shape", [(2, 5), (3, 4), (5,), (3, 0)])
def test_predictions_that_cannot_be_taken_apart(shape):
    with pytest.raises(ArgumentError, match="at least three data sets"):
        dlr.diagnose.decompose_predictions(np.zeros(shape), np.zeros(5 if shape[-1] else 0))
