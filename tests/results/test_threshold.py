import pytest
from hypothesis import given, strategies as st

from dlrecipes.errors import ArgumentError
from dlrecipes.results import Decisions, RunSettings, ThresholdGoal


@pytest.mark.parametrize(
    ("text", "goal"),
    [
        ("f1", ThresholdGoal("f")),
        ("F0.5", ThresholdGoal("f", beta=0.5)),
        ("recall@precision=0.9", ThresholdGoal("recall", minimum=0.9)),
        (" precision@recall=.8 ", ThresholdGoal("precision", minimum=0.8)),
        ("cost=1:10", ThresholdGoal("cost", false_positive=1, false_negative=10)),
    ],
)
def test_the_words_of_a_goal(text, goal):
    assert ThresholdGoal.parse(text) == goal
    assert ThresholdGoal.parse(str(goal)) == goal
    assert ThresholdGoal.parse(goal) is goal


@pytest.mark.parametrize("text", ["", "f", "accuracy", "recall=0.9", "cost=1", "f-1", None, 0.5])
def test_no_goal(text):
    with pytest.raises(ArgumentError, match=r"recall@precision=P.*Received: .*cost=1:10"):
        ThresholdGoal.parse(text)


@pytest.mark.parametrize("text", ["f0", "recall@precision=0", "precision@recall=1.2", "cost=0:0"])
def test_numbers_out_of_range(text):
    with pytest.raises(ArgumentError):
        RunSettings(threshold=text)


counts = st.integers(0, 50)


@given(counts, counts, counts, counts, st.floats(0.1, 10))
def test_f_is_the_weighted_harmonic_mean(tp, fp, fn, tn, beta):
    decisions = Decisions(tp, fp, fn, tn)
    precision, recall = decisions.precision, decisions.recall
    expected = 0.0
    if tp:
        expected = (1 + beta**2) / (1 / precision + beta**2 / recall)
    assert decisions.f(beta) == pytest.approx(expected)
    assert decisions.metrics["f1"] == decisions.f(1)
