import pytest
from hypothesis import given, strategies as st

from dlrecipes.diagnose import check_penalty_gain, check_selection_optimism, weigh_penalty
from dlrecipes.results import GapPenalty, Objective, StudyResult, TrialRecord

MAXIMIZE, MINIMIZE = Objective("val_accuracy", "max"), Objective("val_loss", "min")


def study(pairs, weight, goal=MAXIMIZE):
    """A study of trials with these scores and gaps."""
    penalty = GapPenalty("sex", "accuracy", weight)
    trials = tuple(
        TrialRecord(
            "only",
            number,
            {},
            "completed",
            penalty.penalised(score, gap, goal.direction),
            unpenalised=score,
            gap=gap,
        )
        for number, (score, gap) in enumerate(pairs)
    )
    choose = max if goal.direction == "max" else min
    return StudyResult(goal, (), (), trials, choose(trials, key=lambda one: one.score)), penalty


units = st.floats(0, 1)


@given(
    st.lists(st.tuples(units, units), min_size=1, max_size=9),
    st.floats(0.01, 10),
    st.sampled_from([MAXIMIZE, MINIMIZE]),
)
def test_it_never_brings_less_than_it_costs(pairs, weight, goal):
    found = weigh_penalty(*study(pairs, weight, goal))
    sign = 1 if goal.direction == "max" else -1
    cost = sign * (found.without.score - found.winner.score)
    brought = found.without.gap - found.winner.gap
    assert cost >= 0
    assert weight * brought >= cost - 1e-9
    best = max if goal.direction == "max" else min
    assert found.without.score == best(score for score, _ in pairs)


def test_what_it_cost_and_brought():
    found = weigh_penalty(*study([(0.75, 0.5), (0.5, 0.0), (0.6, 0.4)], 1.0))
    assert (found.winner.trial, found.without.trial) == (1, 0)
    assert found.winner.penalised == 0.5
    assert found.sentence == (
        "The penalty cost 0.25 of val_accuracy and took 0.5 off the gap: the winner has 0.5 with a "
        "gap of 0, the best trial without the penalty 0.75 with 0.5."
    )
    assert found.declared == "sex: accuracy=1"
    assert "val_accuracy minus the largest difference in accuracy" in found.rule


def test_a_penalty_that_changed_nothing():
    found = weigh_penalty(*study([(0.75, 0.5), (0.75, 0.25), (0.5, 0.25)], 0.1))
    # Of two equal scores the winner's counts: nothing was lost.
    assert (found.winner.trial, found.without.trial) == (1, 1)
    assert "changed nothing" in found.sentence


@pytest.mark.parametrize(
    ("refits", "severity"),
    [((0.1, 0.2), "info"), ((0.2, 0.4), "warning"), ((), "info"), ((0.3,), "warning")],
)
def test_a_gain_that_the_refits_lose_is_a_warning(refits, severity):
    found = weigh_penalty(*study([(0.75, 0.5), (0.5, 0.0)], 1.0), refits)
    finding = check_penalty_gain(found)
    assert finding.severity == severity
    assert bool(finding.advice) == (severity == "warning")
    assert found.refits == refits
    if len(refits) == 2:
        mean, spread = (refits[0] + refits[1]) / 2, (refits[1] - refits[0]) / 2**0.5
        assert f"a gap of {mean:.4g} ± {spread:.2g}." in finding.verdict


def test_the_optimism_of_a_penalised_winner_is_that_of_the_objective():
    found, _ = study([(0.75, 0.5)], 1.0)
    refits = [TrialRecord("refit", 0, {}, "completed", 0.7)]
    finding = check_selection_optimism(found.best, refits, MAXIMIZE)
    assert finding.evidence["search"] == pytest.approx(0.75)
