import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from sklearn.metrics import average_precision_score

from dlrecipes.metrics import average_precision_shares


@settings(deadline=None, max_examples=80)
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
