"""Against trying every threshold, with scikit-learn's scores."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from sklearn import metrics

from dlrecipes.diagnose import choose_threshold, decide
from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.results import Decisions

GOALS = ("f1", "f2", "f0.5", "recall@precision=0.5", "precision@recall=0.6", "cost=1:3", "cost=5:1")


@st.composite
def validation_parts(draw):
    size = draw(st.integers(2, 25))
    y = draw(st.lists(st.integers(0, 1), min_size=size, max_size=size))
    y[:2] = [0, 1]
    # Few different scores, so that there are ties.
    scores = draw(st.lists(st.integers(0, 8), min_size=size, max_size=size))
    return np.array(y), np.array(scores, dtype=np.float32) / 8


def scored(goal, y, called):
    """Return the goal's value, larger is better, and what decides between equal ones."""
    precision = metrics.precision_score(y, called, zero_division=0)
    recall = metrics.recall_score(y, called)
    alarms = -int(called.sum())
    kind, _, number = goal.partition("=")
    if kind == "cost":
        false_positive, false_negative = map(float, number.split(":"))
        cost = (
            false_positive * (called & (y == 0)).sum() + false_negative * (~called & (y == 1)).sum()
        )
        return -cost / len(y), alarms
    if kind == "recall@precision":
        return (recall, precision) if precision >= float(number) and called.any() else None
    if kind == "precision@recall":
        return (precision, recall) if recall >= float(number) else None
    return metrics.fbeta_score(y, called, beta=float(kind[1:]), zero_division=0), alarms


@pytest.mark.parametrize("goal", GOALS)
@settings(deadline=None, max_examples=5)
@given(validation_parts())
def test_no_other_threshold_is_better(goal, part):
    y, scores = part
    tried = [scored(goal, y, scores >= level) for level in [*np.unique(scores), np.inf]]
    tried = [one for one in tried if one is not None]
    if not tried:
        with pytest.raises(DataError, match="within reach"):
            choose_threshold(y, scores, goal)
        return
    chosen = choose_threshold(y, scores, goal)
    assert scored(goal, y, scores >= chosen.threshold) == pytest.approx(max(tried))
    value = -max(tried)[0] if goal.startswith("cost") else max(tried)[0]
    assert chosen.value == pytest.approx(value)
    matrix = metrics.confusion_matrix(y, scores >= chosen.threshold, labels=[0, 1])
    assert chosen.validation == Decisions(matrix[1, 1], matrix[0, 1], matrix[1, 0], matrix[0, 0])
    assert decide(y, scores, chosen.threshold) == chosen.validation


def test_by_hand():
    y = [0, 0, 1, 0, 1, 1]
    scores = [0.1, 0.2, 0.3, 0.4, 0.6, 0.8]
    f1 = choose_threshold(y, scores, "f1")
    assert (f1.threshold, f1.value) == (pytest.approx(0.25), pytest.approx(6 / 7))
    assert f1.validation == Decisions(3, 1, 0, 2)
    sure = choose_threshold(y, scores, "recall@precision=1")
    assert (sure.threshold, sure.value) == (pytest.approx(0.5), pytest.approx(2 / 3))
    # A miss costs ten alarms.
    assert choose_threshold(y, scores, "cost=1:10").validation.false_negatives == 0
    # An alarm costs ten misses.
    assert choose_threshold(y, scores, "cost=10:1").validation.false_positives == 0


def test_an_unreachable_precision_says_what_is_reached():
    y, scores = [0, 1, 1, 0, 0], [0.9, 0.8, 0.8, 0.3, 0.1]
    with pytest.raises(DataError, match=r"precision of at most 0\.6667, at a recall of 1"):
        choose_threshold(y, scores, "recall@precision=0.99")


def test_nothing_is_called_positive_where_that_is_cheapest():
    y, scores = [1, 0, 0, 0], np.float32([0.2, 0.5, 1.0, 0.7])
    chosen = choose_threshold(y, scores, "cost=10:1")
    assert chosen.validation == Decisions(0, 0, 1, 3)
    assert not (scores >= chosen.threshold).any()
    assert np.isfinite(chosen.threshold)


def test_rounding_moves_no_example_across():
    generator = np.random.default_rng(0)
    scores = generator.uniform(size=300).astype(np.float32)
    y = (scores + generator.normal(0, 0.3, 300) > 0.6).astype(int)
    chosen = choose_threshold(y, scores, "f1")
    for sign in (-1, 1):
        assert (
            decide(y, scores * np.float32(1 + sign * 2e-7), chosen.threshold) == chosen.validation
        )


@pytest.mark.parametrize(
    ("y", "scores", "kind", "message"),
    [
        ([0, 1], [0.1], ArgumentError, r"y.shape=\(2,\), scores.shape=\(1,\)"),
        ([0, 1], [0.1, np.nan], ArgumentError, "finite"),
        ([0, 2], [0.1, 0.2], ArgumentError, "0 or 1"),
        ([1, 1], [0.1, 0.2], DataError, "both classes occur"),
    ],
)
def test_wrong_data(y, scores, kind, message):
    with pytest.raises(kind, match=message):
        choose_threshold(y, scores, "f1")
