"""A declared penalty: what trials are compared by, and what stays as it was."""

from dataclasses import replace

import pytest

from dlrecipes.results import GapPenalty, Objective, Plan, Stage
from dlrecipes.search import (
    Penalty,
    Store,
    discover_space,
    estimate_comparisons,
    refit,
    refit_stage,
    run_comparisons,
    search,
)
from dlrecipes.search.backends.proposal import stored_score
from dlrecipes.search.trial_source import TrialSource
from dlrecipes.training.job import Report
from dlrecipes.training.outcome import Outcome

DECLARED = GapPenalty("sex", "accuracy", 1.0)


def shortcut(hp):
    """A builder whose shortcut scores a little better, and treats groups differently."""
    hp.Float("learning_rate", 1e-4, 1e-1, sampling="log")
    hp.Boolean("use_shortcut")
    return dict(hp.values)


def nearly_tied(values, epochs):
    score = 0.75 if values["use_shortcut"] else 0.74
    return [score - 0.5 ** (epoch + 2) for epoch in range(epochs - 1)] + [score]


def gap_of(outcome):
    return 0.3 if outcome.score > 0.745 else 0.1


@pytest.fixture
def penalised(context):
    """`penalised(**changes)`: a context with the penalty."""
    return lambda **changes: context(
        **{"build": shortcut, "penalty": Penalty(DECLARED, gap_of), **changes}
    )


@pytest.fixture
def store(tmp_path):
    return lambda: Store.open(tmp_path / "study.journal", "run")


PLAN = Plan(
    (
        Stage("coarse", 6, 3, sampler="random", pruner="none"),
        Stage("fine", 3, 3, sampler="random", pruner="none", narrow=True),
    ),
    refit_seeds=2,
)
SPACE = discover_space(shortcut)


def test_the_fairer_of_two_near_ties_wins(fake_engine, context, penalised, store, tmp_path):
    fair = search(PLAN, SPACE, fake_engine(nearly_tied), store(), penalised())
    plain = search(
        PLAN,
        SPACE,
        fake_engine(nearly_tied),
        Store.open(tmp_path / "plain.journal", "run"),
        context(shortcut),
    )
    assert plain.best.values["use_shortcut"]
    assert not fair.best.values["use_shortcut"]
    assert (fair.best.score, fair.best.plain_score, fair.best.gap) == pytest.approx(
        (0.64, 0.74, 0.1)
    )
    # What goes from stage to stage is what the penalty likes.
    assert [one.values["use_shortcut"] for one in fair.trials if one.stage == "fine"][0] is False
    assert fair.stages[0].best["score"] == pytest.approx(0.64)
    # Without a penalty a record is as it was.
    assert {(one.unpenalised, one.gap, one.parts) for one in plain.trials} == {(None, None, "")}
    assert plain.best.plain_score == plain.best.score == 0.75


def test_what_is_stored_comes_back(fake_engine, penalised, store):
    before = search(PLAN, SPACE, fake_engine(nearly_tied), store(), penalised())

    def never(outcome):
        raise AssertionError("a finished trial is not measured again")

    context = penalised(penalty=Penalty(DECLARED, never))
    again = search(PLAN, SPACE, fake_engine(nearly_tied), store(), context)
    assert again == before
    assert {(one.unpenalised, one.gap) for one in again.trials} == {(0.75, 0.3), (0.74, 0.1)}


def test_a_search_that_is_cut_off_ends_like_an_unbroken_one(
    fake_engine, penalised, store, tmp_path
):
    whole = Store.open(tmp_path / "whole.journal", "run")
    expected = search(PLAN, SPACE, fake_engine(nearly_tied), whole, penalised())
    with pytest.raises(KeyboardInterrupt):
        search(PLAN, SPACE, fake_engine(nearly_tied, epochs=10), store(), penalised())
    assert search(PLAN, SPACE, fake_engine(nearly_tied), store(), penalised()) == expected


def test_refits_keep_their_plain_scores(fake_engine, penalised, store):
    context = penalised()
    study = search(PLAN, SPACE, fake_engine(nearly_tied), store(), context)
    stage = refit_stage(PLAN, study.best)
    plain = replace(context, penalty=None)
    engine = fake_engine(nearly_tied)
    winner = [study.best] * stage.trials
    records = refit(stage, winner, SPACE, engine, store(), plain, lambda job, outcome: None)
    assert {(one.score, one.gap) for one in records} == {(0.74, None)}


def test_a_winner_by_a_penalty_is_refitted_for_as_long_as_it_was_trained(record):
    fair = record(3, 0.6, status="pruned", epochs=2, unpenalised=0.7, gap=0.1)
    assert refit_stage(PLAN, fair).epochs == 2
    assert refit_stage(replace(PLAN, refit_epochs=5), fair).epochs == 5
    assert refit_stage(PLAN, record(3, 0.6, status="pruned", epochs=2)).epochs == 3


@pytest.fixture
def source(penalised, store, recorder):
    """`source(**changes)`: a source of 9 trials; `.heard` heard of them."""

    def make(stage=None, **changes):
        make.heard = recorder()
        shared = penalised(listener=make.heard, **changes)
        stage = stage or Stage("coarse", 9, 4, sampler="random", pruner="none")
        backend = store().study(stage, SPACE, shared.objective, shared.seed)
        return TrialSource(backend, stage, shared)

    return make


def done(score, status="completed"):
    return Outcome(status, score, 0, {"val_accuracy": [score or 0.0]}, policy="float32")


def test_predictions_are_kept_for_it_only(source, context):
    assert all(job.keep_predictions for job in source().next_jobs(2))
    assert not any(job.keep_predictions for job in source(penalty=None).next_jobs(2))


def test_a_low_score_is_raised(source):
    half = GapPenalty("sex", "accuracy", 0.5)
    one = source(objective=Objective("val_loss", "min"), penalty=Penalty(half, lambda outcome: 0.2))
    (job,) = one.next_jobs(1)
    one.finish([(job, done(0.4))])
    assert source.heard.trials[0].score == pytest.approx(0.5)
    assert source.heard.trials[0].plain_score == 0.4


def test_pruned_trials_are_penalised_and_judged_without(source, store):
    stage = Stage("coarse", 9, 4, sampler="keras_tuner_bayesian", pruner="halving")
    one = source(stage)
    first, second, third = (one.next_jobs(1)[0] for _ in range(3))
    assert one.report([Report(first, 1, 0.6), Report(second, 1, 0.9), Report(third, 1, 0.5)]) == {
        first.number,
        third.number,
    }
    one.finish([(first, done(0.6, "pruned"))])
    assert source.heard.trials[0].score == pytest.approx(0.5)
    # Optuna takes the last report; proposers are told what trials are compared by.
    stored = store().study(stage, SPACE, Objective("val_accuracy", "max"), 0)._study.trials[0]
    assert stored.value == 0.6
    assert stored_score(stored) == source.heard.trials[0].score


def test_a_diverged_trial_is_as_bad_as_the_worst(source):
    one = source(penalty=Penalty(DECLARED, lambda outcome: 0.9))
    good, lost, failed = one.next_jobs(3)
    one.finish([(good, done(0.5)), (lost, done(None, "diverged"))])
    one.finish([(failed, Outcome("failed", error="ValueError: no such layer"))])
    records = source.heard.trials
    assert [record.score for record in records] == [pytest.approx(-0.4), pytest.approx(-0.4), None]
    assert [record.plain_score for record in records] == [0.5, 0.1, None]
    assert [record.gap for record in records] == [0.9, None, None]


def test_a_gap_that_cannot_be_measured_leaves_no_score(source):
    one = source(penalty=Penalty(DECLARED, lambda outcome: None))
    (job,) = one.next_jobs(1)
    one.finish([(job, done(0.5, "pruned"))])
    assert (source.heard.trials[0].score, source.heard.trials[0].plain_score) == (None, 0.5)


def test_comparisons_are_told_plainly(fake_engine, penalised, store):
    context = penalised()
    study = search(PLAN, SPACE, fake_engine(nearly_tied), store(), context)
    random, one_epoch = estimate_comparisons(study, PLAN)
    assert (random.score, random.gap) == pytest.approx((0.74, 0.1))
    assert (one_epoch.score, one_epoch.gap) == (0.74, 0.1)
    measured = run_comparisons(study, PLAN, fake_engine(nearly_tied), store(), context)
    assert [(one.score, one.gap) for one in measured] == [(0.74, 0.1), (0.74, 0.1)]
