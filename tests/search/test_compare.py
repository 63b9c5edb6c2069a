import itertools
import math
from dataclasses import replace
from statistics import fmean

import pytest
from hypothesis import given, settings, strategies as st

from dlrecipes.results import Objective, Plan, Stage, StudyResult, TrialRecord
from dlrecipes.search import (
    CoarseToFine,
    Store,
    discover_space,
    estimate_comparisons,
    run_comparisons,
    search,
)

MAXIMIZE, MINIMIZE = Objective("val_accuracy", "max"), Objective("val_loss", "min")


def study_of(curves, objective=MAXIMIZE, statuses=None):
    """A study whose first stage had trials with these curves."""
    best = max if objective.direction == "max" else min
    trials = tuple(
        TrialRecord(
            stage="coarse",
            number=at,
            values={},
            status=(statuses or {}).get(at, "completed"),
            score=best(curve),
            best_epoch=curve.index(best(curve)),
            epochs=len(curve),
            history={objective.name: curve},
            seconds=0.0,
            seed=0,
            policy="float32",
            engine="fake",
        )
        for at, curve in enumerate(curves)
    )
    return StudyResult(objective, (), (), trials, trials[0])


def plan_of(trials, epochs):
    return Plan((Stage("coarse", trials, epochs),))


@settings(deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 50), min_size=1, max_size=6), min_size=1, max_size=7),
    st.sampled_from([MAXIMIZE, MINIMIZE]),
    st.integers(1, 8),
)
def test_against_brute_force(curves, objective, full):
    random, one_epoch = estimate_comparisons(study_of(curves, objective), plan_of(3, full))
    budget = sum(len(curve) for curve in curves)
    best = max if objective.direction == "max" else min
    scores = [best(curve) for curve in curves]
    # ---- every way to draw as many trials as the budget buys
    draws = min(len(curves), max(1, budget // full))
    expected = fmean(best(drawn) for drawn in itertools.combinations(scores, draws))
    assert random.score == pytest.approx(expected)
    assert (random.name, random.epochs, random.measured) == ("random search", budget, False)
    # ---- some best few by the first epoch, whatever the order of equal ones
    few = max(1, (budget - len(curves)) // full)
    firsts = sorted((curve[0] for curve in curves), reverse=objective.direction == "max")
    last = firsts[min(few, len(curves)) - 1]
    surely = [best(one) for one in curves if objective.better(one[0], last)]
    maybe = [best(one) for one in curves if one[0] == last]
    assert one_epoch.score in [best([*surely, one]) for one in maybe] + [best(surely + maybe)]
    assert one_epoch.name == "one epoch, then the top k"


def test_a_hand_made_study():
    curves = [[0.1, 0.9], [0.2, 0.3], [0.5, 0.6], [0.4, 0.4]]
    random, one_epoch = estimate_comparisons(study_of(curves), plan_of(4, 4))
    # Eight epochs buy two full trials: the best of any two of 0.9, 0.6, 0.4, 0.3.
    assert random.score == pytest.approx((3 * 0.9 + 2 * 0.6 + 0.4) / 6)
    # After one epoch each, the other four buy one: the one that began with 0.5.
    assert one_epoch.score == 0.6


def test_diverged_trials_are_drawn_too():
    curves = [[0.8, 0.8], [0.1, 0.1]]
    random, _ = estimate_comparisons(study_of(curves, statuses={1: "diverged"}), plan_of(2, 4))
    assert random.score == pytest.approx(0.45)
    random, _ = estimate_comparisons(study_of(curves, statuses={1: "failed"}), plan_of(2, 4))
    assert random.score == pytest.approx(0.8)


def test_nothing_to_estimate_from():
    curves = [[0.8, 0.8]]
    assert estimate_comparisons(study_of(curves, statuses={0: "failed"}), plan_of(2, 4)) == ()


@pytest.mark.parametrize(("trials", "epochs"), [(2, 1), (3, 5), (12, 3), (30, 9)])
def test_run_for_real_at_equal_cost(
    tmp_path, fake_engine, context, rate_builder, curve, recorder, trials, epochs
):
    plan = CoarseToFine(trials=trials, epochs=epochs)
    space, store = discover_space(rate_builder), Store.open(tmp_path / "study.journal", "run")
    shared = context(rate_builder, listener=recorder())
    engine = fake_engine()
    study = search(plan, space, engine, store, shared)
    cost = engine.epochs
    engine = fake_engine()
    shared = replace(shared, deadline=0.0)  # the search's time is up, and not theirs
    found = run_comparisons(study, plan, engine, store, shared)
    assert [one.name for one in found] == ["random search", "one epoch, then the top k"]
    assert engine.epochs == sum(one.epochs for one in found)
    for one in found:
        assert one.measured
        assert 0 < one.epochs <= max(cost, epochs) + epochs
        assert 0 < one.score <= 1
    if cost >= 20 * epochs:
        assert all(one.epochs > cost - 2 * epochs for one in found)
    # ---- again: nothing is trained twice
    engine = fake_engine(None)
    assert run_comparisons(study, plan, engine, store, shared) == found


def test_only_trials_with_a_score_are_trained_in_full(
    tmp_path, fake_engine, context, rate_builder, curve, recorder
):
    def fragile(values, epochs):
        return [math.nan] if values["learning_rate"] > 3e-4 else curve(values, epochs)

    plan = CoarseToFine(trials=24, epochs=3)
    space, store = discover_space(rate_builder), Store.open(tmp_path / "study.journal", "run")
    shared = context(rate_builder, listener=recorder())
    study = search(plan, space, fake_engine(fragile), store, shared)
    run_comparisons(study, plan, fake_engine(fragile), store, shared)
    in_full = [one for one in shared.listener.trials if one.stage == "compare-top-k"]
    assert in_full
    assert all(one.status == "completed" for one in in_full)
