"""Precision and recall over all thresholds, against scikit-learn and against counting."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from sklearn import metrics

from dlrecipes.errors import ArgumentError
from dlrecipes.metrics import precision_at_share, precision_recall_steps


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.integers(0, 1), min_size=4, max_size=40).filter(lambda y: 0 < sum(y) < len(y)),
    st.randoms(use_true_random=False),
)
def test_the_area_below_the_drawn_steps_is_the_average_precision(labels, random):
    y = np.array(labels)
    scores = np.array([random.randint(0, 6) / 6 for _ in labels])
    recall, precision = precision_recall_steps(y, scores)
    assert (np.diff(recall) >= 0).all()
    assert (recall[0], recall[-1]) == (0, 1)
    # Steps go up or down first, then along: each has the height of its end.
    area = float((np.diff(recall) * precision[1:]).sum())
    assert area == pytest.approx(metrics.average_precision_score(y, scores))


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 40), st.integers(0, 40))
def test_the_precision_is_that_of_counting(positives, negatives, found, alarms):
    found, alarms = min(found, positives), min(alarms, negatives)
    y = np.repeat([1, 0], [positives, negatives])
    called = np.concatenate([np.arange(positives) < found, np.arange(negatives) < alarms])
    expected = metrics.precision_score(y, called, zero_division=1)
    share = positives / (positives + negatives)
    got = precision_at_share(found / positives, alarms / negatives, share)
    assert got == pytest.approx(expected)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: precision_recall_steps([0, 0], [0.1, 0.2]), "labels 0 and 1 that both occur"),
        (lambda: precision_recall_steps([0, 1], [0.1]), r"scores.shape=\(1,\)"),
        (lambda: precision_at_share(1.2, 0.1, 0.5), "must be shares"),
        (lambda: precision_at_share([0.2, 0.1], 0.1, 0.5), r"shapes \(2,\) and \(\)"),
        (lambda: precision_at_share(0.2, 0.1, 0), "`share`"),
    ],
)
def test_mistakes(call, message):
    with pytest.raises(ArgumentError, match=message):
        call()
