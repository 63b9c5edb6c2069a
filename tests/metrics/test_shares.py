import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import metrics
from sklearn.metrics import average_precision_score

from dlrecipes.errors import ArgumentError
from dlrecipes.metrics import average_precision_shares, f_shares, rmse_shares

NUMBERS = st.floats(-1e6, 1e6, allow_subnormal=False)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 5)), min_size=5, max_size=25))
def test_as_leaving_out_one_example_after_the_other(rows):
    rows += [(1, 5), (1, 2), (0, 3)]
    y = np.array([label for label, _ in rows])
    scores = np.array([score / 5 for _, score in rows])
    n, whole = len(y), average_precision_score(y, scores)
    rest = [average_precision_score(np.delete(y, at), np.delete(scores, at)) for at in range(n)]
    shares = average_precision_shares(y, scores)
    np.testing.assert_allclose(shares, n * whole - (n - 1) * np.array(rest), atol=1e-9)


def test_the_mean_and_its_error():
    """The standard error is that of the bootstrap, on a few hundred examples."""
    generator = np.random.default_rng(0)
    y = (generator.uniform(size=600) < 0.15).astype(int)
    scores = 1 / (1 + np.exp(-(generator.normal(size=600) + 1.5 * y - 1)))
    shares = average_precision_shares(y, scores)
    assert shares.mean() == pytest.approx(average_precision_score(y, scores), abs=0.02)
    drawn = [generator.integers(0, 600, 600) for _ in range(400)]
    spread = np.std([average_precision_score(y[rows], scores[rows]) for rows in drawn])
    assert shares.std(ddof=1) / np.sqrt(600) == pytest.approx(spread, rel=0.25)


@given(st.integers(1, 40).flatmap(lambda n: st.tuples(*[arrays(float, n, elements=NUMBERS)] * 2)))
def test_their_mean_is_the_root_mean_squared_error(pair):
    y, predicted = pair
    shares = rmse_shares(y, predicted)
    expected = metrics.root_mean_squared_error(y, predicted)
    assert shares.mean() == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert rmse_shares(y, y).tolist() == [0.0] * len(y)


@given(arrays(float, 7, elements=NUMBERS), st.sampled_from([1e-200, 1e-3, 1e3, 1e150]))
def test_they_are_in_the_units_of_the_target(errors, unit):
    plain = rmse_shares(np.zeros(7), errors)
    scaled = rmse_shares(np.zeros(7), errors * unit)
    np.testing.assert_allclose(scaled, plain * unit, rtol=1e-9, atol=1e-320)


def test_they_are_the_tangent():
    """One more example moves the score by its part less the score, per example."""
    generator = np.random.default_rng(0)
    errors = np.append(generator.normal(size=20_000), 3.0)
    share = rmse_shares(np.zeros(len(errors)), errors)[-1]
    with_it, without = (np.sqrt(np.mean(part**2)) for part in (errors, errors[:-1]))
    assert (with_it - without) * len(errors) == pytest.approx(share - with_it, rel=1e-2)

    y, called = generator.random((2, 20_000)) < 0.3
    for label, decision in ((1, 1), (1, 0), (0, 1), (0, 0)):
        longer = np.append(y, bool(label)), np.append(called, bool(decision))
        share = f_shares(*longer, beta=2.0)[-1]
        with_it = metrics.fbeta_score(*longer, beta=2.0)
        moved = (with_it - metrics.fbeta_score(y, called, beta=2.0)) * 20_000
        assert moved == pytest.approx(share - with_it, rel=1e-2, abs=1e-9)


@given(
    st.integers(1, 40).flatmap(lambda n: st.tuples(arrays(bool, n), arrays(bool, n))),
    st.sampled_from([0.5, 1.0, 2.0]),
)
def test_their_mean_is_f_beta(pair, beta):
    y, called = pair
    expected = metrics.fbeta_score(y, called, beta=beta, zero_division=0)
    assert f_shares(y, called, beta).mean() == pytest.approx(expected, abs=1e-12)


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10**6))
def test_their_spread_is_the_bootstraps(seed):
    generator = np.random.default_rng(seed)
    size, rounds = 400, 1500
    y = generator.normal(size=size)
    first, second = (y + scale * generator.normal(size=size) for scale in (1.0, 1.3))
    paired = rmse_shares(y, first) - rmse_shares(y, second)
    rows = generator.integers(size, size=(rounds, size))
    again = [
        np.sqrt(np.mean((first - y)[rows] ** 2, axis=1))
        - np.sqrt(np.mean((second - y)[rows] ** 2, axis=1))
    ]
    assert paired.std(ddof=1) / np.sqrt(size) == pytest.approx(np.std(again), rel=0.12)

    labels = generator.random(size) < 0.2
    calls = [labels ^ (generator.random(size) < rate) for rate in (0.1, 0.2)]
    paired = f_shares(labels, calls[0]) - f_shares(labels, calls[1])
    scores = []
    for called in calls:
        found = (labels & called)[rows].sum(axis=1)
        scores.append(2 * found / (labels[rows].sum(axis=1) + called[rows].sum(axis=1)))
    expected = np.std(scores[0] - scores[1])
    assert paired.std(ddof=1) / np.sqrt(size) == pytest.approx(expected, rel=0.12)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ArgumentError, match=r"`\(examples,\)` each"):
        f_shares([0, 1], [1])
    with pytest.raises(ArgumentError, match=r"`\(examples,\)` each"):
        f_shares([], [])
    with pytest.raises(ArgumentError, match=r"`beta` must be a finite number in \(0, inf\]"):
        f_shares([0, 1], [0, 1], beta=0)
    with pytest.raises(ArgumentError, match="must be finite"):
        rmse_shares([0.0, 1.0], [0.0, np.nan])
