"""What fits into a time, on a clock that only trained epochs move."""

import math
from dataclasses import replace
from types import SimpleNamespace

import pytest

from dlrecipes.results import Objective, Plan, Stage, StageSize, TimePlan
from dlrecipes.search import (
    CoarseToFine,
    Ending,
    Store,
    TimeBudget,
    discover_space,
    refit,
    search,
)
from dlrecipes.search.time_budget import noise_of

PLAN = CoarseToFine(trials=12, epochs=6)
GOAL = Objective("val_accuracy", "max")
EPOCH = 0.25
"""Seconds of one."""


@pytest.fixture
def tuned(tmp_path, fake_engine, recorder, context, rate_builder, monkeypatch):
    """`tuned(seconds, …)`: a search within so many; `.budget`, `.heard`, `.now` of the last."""
    now = [1000.0]
    clock = SimpleNamespace(monotonic=lambda: now[0])
    monkeypatch.setattr("dlrecipes.search.trial_source.time", clock)

    class Timed(fake_engine):
        def _train(self, job, values, source):
            before = now[0]
            outcome = super()._train(job, values, source)
            return replace(outcome, seconds=now[0] - before, parameters=10)

        def _interrupt(self, *, late):
            now[0] += 0 if late else EPOCH
            super()._interrupt(late=late)

    def run(
        seconds,
        curve,
        *,
        plan=PLAN,
        journal="study",
        time_plan=None,
        epochs=None,
        before=None,
        members=0,
    ):
        run.engine, run.heard, run.sizes = Timed(curve, epochs), recorder(), []
        run.budget = TimeBudget(
            time_plan or TimePlan(seconds=seconds),
            ending=Ending(2.0, 1.0),
            objective=GOAL,
            examples=10_000,
            members=members,
            before=before,
            on_size=run.sizes.append,
            on_note=run.heard.on_note,
            clock=clock.monotonic,
        )
        run.began = now[0]
        run.store = Store.open(tmp_path / f"{journal}.journal", "run")
        run.context = context(rate_builder, listener=run.heard, budget=run.budget)
        return search(plan, discover_space(rate_builder), run.engine, run.store, run.context)

    run.now = now
    return run


def _rising(values, epochs):
    """Curves that rise as long as they are trained, and with every better rate."""
    top = 1.0 / (1.0 + abs(math.log10(values["learning_rate"] / 1e-2)))
    return [top * (1 - 1 / (epoch + 2)) for epoch in range(epochs)]


def _flat(values, epochs):
    return [0.5] * epochs


def _sizes(time_plan):
    return {size.name: (size.trials, size.epochs) for size in time_plan.sizes}


def test_what_chance_explains():
    share = noise_of(0.9, 400, GOAL)
    assert share == pytest.approx(0.3 * math.sqrt(0.9 * 0.1 / 400))
    assert noise_of(2.0, 400, Objective("val_loss", "min")) == pytest.approx(0.3 * 2.0 / 20)
    assert noise_of(1.0, 400, GOAL) == 0
    assert noise_of(0.9, 1600, GOAL) == pytest.approx(share / 2)


# ---- whole searches


@pytest.mark.parametrize("seconds", [20.0, 45.0, 120.0, 600.0])
def test_the_time_is_spent_and_kept(tuned, seconds):
    result = tuned(seconds, _rising)
    spent = tuned.now[0] - tuned.began
    plan = tuned.budget.refits(PLAN, result.trials, result.best)
    trained = spent + plan.refit_seeds * (plan.refit_epochs or 0) * EPOCH
    assert trained + 2.0 + plan.refit_seeds * 1.0 <= seconds * 1.1
    assert {trial.status for trial in result.trials} <= {"completed", "pruned"}
    # It stops earlier only where it says so.
    early = any(finding.name == "time not needed" for finding in result.findings)
    assert early or trained + 2.0 + plan.refit_seeds * 1.0 >= 0.6 * seconds
    # Each decision was told before the stage's first trial, with what was spent.
    told = tuned.sizes[-1]
    assert told == tuned.budget.time_plan
    spents = [size.spent for size in told.sizes]
    assert spents == sorted(spents)
    assert all(size.spent <= size.until <= seconds for size in told.sizes)
    assert [line for line in tuned.heard.notes if line.startswith("Stage coarse:")]


def test_more_time_makes_more_trials_and_longer_ones(tuned):
    results = [tuned(seconds, _rising, journal=f"{seconds}") for seconds in (20, 60, 180, 600)]
    trained = [sum(trial.epochs for trial in result.trials) for result in results]
    longest = [max(trial.epochs for trial in result.trials) for result in results]
    assert trained == sorted(trained)
    assert longest == sorted(longest)
    assert trained[-1] > 4 * trained[0]
    assert longest[-1] == 4 * 6
    scores = [result.best.score for result in results]
    assert scores == sorted(scores)


def test_it_stops_where_nothing_helps(tuned):
    result = tuned(3600.0, _flat)
    (finding,) = [one for one in result.findings if one.name == "time not needed"]
    assert "neither longer nor further trials" in finding.verdict
    assert finding.evidence["spared"] > 3000
    assert tuned.now[0] - tuned.began < 300
    kinds = [size.name for size in tuned.budget.time_plan.sizes]
    assert kinds[0] == "coarse-pilot"
    assert "fine-longer-1" in kinds
    assert "fine-more-1" in kinds
    # ---- what is left goes to the winner, and to others beside it
    plan = tuned.budget.refits(PLAN, result.trials, result.best)
    assert plan.refit_seeds == 2 * PLAN.refit_seeds
    assert tuned.budget.ensemble(plan.refit_seeds) == 8


SAVING = 1.5


def _after_refits(seconds, left, *, until=120.0):
    """A budget of two cores, two minutes in all, whose three refits of 6 epochs took so long."""
    spent = 120.0 - left
    sizes = (
        StageSize("coarse", 12, 6, 1.0, 50.0),
        StageSize("refits", 3, 6, spent - SAVING - seconds, until),
    )
    return TimeBudget(
        TimePlan(sizes, seconds=120.0),
        ending=Ending(2.0, 1.0),
        objective=GOAL,
        examples=10_000,
        members=0,
        before=spent,
        cores=2,
        clock=lambda: 0.0,
    )


# Two rounds of two took 20 s: two more take a tenth more than 10 s, and each a second to save and
# test. The test of those there are needs 1.5 s, the end 2 s, the members of an ensemble 4 s.
@pytest.mark.parametrize(
    ("left", "number"), [(7.5 + 11 + 0.9, 3), (7.5 + 11 + 1.1, 4), (7.5 + 11 + 2.1, 5), (95, 8)]
)
def test_time_that_is_left_goes_to_further_refits(record, left, number):
    trained = [record(at, 0.5, epochs=6) for at in range(3)]
    plan = replace(PLAN, refit_seeds=3)
    budget = _after_refits(20.0, left)
    more = budget.more_refits(plan, trained, SAVING / 3)
    assert more == replace(plan, refit_seeds=number)
    assert budget.more_refits(plan, trained, SAVING / 3) == more  # decided once
    assert budget.time_plan.carried_out(PLAN).refit_seeds == number
    if number > 3:
        size = budget.time_plan.sizes[-1]
        assert (size.name, size.trials, size.epochs) == ("more-refits", number - 3, 6)
        assert size.until == pytest.approx(120 - 7.5 - (number - 3))
    # ---- Keras' `fit` trains one after the other: 20 s for three, so that one more takes 7.3 s
    alone = [replace(one, engine="fit") for one in trained]
    for room, refits in ((8.2, 3), (8.4, 4)):
        one_more = _after_refits(20.0, 7.5 + room).more_refits(plan, alone, SAVING / 3)
        assert one_more.refit_seeds == refits
    # ---- those that the time has cut short are the last
    cut = [replace(one, epochs=2) for one in trained]
    late = _after_refits(20.0, left, until=120.0 - left - SAVING)
    assert late.more_refits(plan, cut, SAVING / 3) == plan


@pytest.mark.parametrize(("left", "epochs"), [(60.0, 6), (11.9, 4), (7.0, 2)])
def test_refits_have_the_epochs_of_the_plan_where_one_fits(record, left, epochs):
    """An epoch takes 1.2 s with caution; the end 2 s, the refit 1 s, the members 4 s."""
    sizes = (StageSize("fine", 2, 2, 1.0, 50.0),)
    trials = [
        record(at, 0.5, stage="fine", epochs=2, seconds=2.0, parameters=10) for at in range(2)
    ]
    budget = TimeBudget(
        TimePlan(sizes, seconds=120.0),
        ending=Ending(2.0, 1.0),
        objective=GOAL,
        examples=10_000,
        members=0,
        before=120.0 - left,
        clock=lambda: 0.0,
    )
    plan = budget.refits(PLAN, trials, trials[0])
    assert plan.refit_epochs == epochs
    assert plan.refit_seeds >= 1


@pytest.mark.parametrize("way", ["no ensemble", "within the plan", "after an ensemble"])
def test_further_refits_are_members_only(tuned, record, way):
    began = TimePlan(within_plan=way == "within the plan", seconds=600.0)
    members = None if way == "no ensemble" else 0
    result = tuned(600.0, _flat, time_plan=began, members=members)
    plan = tuned.budget.refits(PLAN, result.trials, result.best)
    if way == "after an ensemble":  # a run that went on with its end
        tuned.budget.ensemble(plan.refit_seeds)
    trained = [record(at, 0.5, epochs=plan.refit_epochs) for at in range(plan.refit_seeds)]
    assert tuned.budget.more_refits(plan, trained, SAVING / 3) == plan


@pytest.mark.parametrize(("asked", "members"), [(None, 0), (0, 8), (3, 3)])
def test_whether_there_is_an_ensemble_is_decided_once(tuned, asked, members):
    result = tuned(120.0, _flat, members=asked)
    plan = tuned.budget.refits(PLAN, result.trials, result.best)
    assert tuned.budget.ensemble(plan.refit_seeds) == members
    decided = tuned.sizes[-1]
    assert (decided.sizes[-1].name, decided.sizes[-1].trials) == ("ensemble", members)
    # ---- and stays so, whatever time is left
    tuned.now[0] += 1000.0
    assert tuned.budget.ensemble(plan.refit_seeds) == members
    assert tuned.sizes[-1] == decided


@pytest.mark.parametrize(("left", "members"), [(0.0, 0), (4.4, 0), (4.6, 2), (6.0, 3)])
def test_an_ensemble_has_what_its_time_allows(tuned, left, members):
    result = tuned(20.0, _rising, members=0)
    tuned.budget.refits(PLAN, result.trials, result.best)
    tuned.now[0] = tuned.began + 20.0 - left
    # The end takes 2 s and half a second for the test of the refit, each member a second.
    assert tuned.budget.ensemble(1) == members
    size = tuned.budget.time_plan.sizes[-1]
    assert size.trials == members
    # ---- a part of its time is for choosing: without it, only the refits would be candidates
    assert size.until - size.spent >= 0.3 * members - 1e-9


def test_the_search_is_given_more_time(tuned):
    first = tuned(40.0, _rising)
    plan = tuned.budget.refits(PLAN, first.trials, first.best)
    known, spent = tuned.budget.time_plan, tuned.budget.time_plan.sizes[-1].spent
    kept = replace(known, sizes=known.sizes[:-1], seconds=spent + 60.0)
    more = tuned(spent + 60.0, _rising, time_plan=kept, before=spent)
    assert more.trials[: len(first.trials)] == first.trials
    assert len(more.trials) > len(first.trials)
    assert tuned.budget.time_plan.sizes[: len(kept.sizes)] == kept.sizes
    assert tuned.budget.refits(plan, more.trials, more.best).refit_seeds >= 1
    assert tuned.now[0] - tuned.began <= 60.0


def test_epochs_that_were_asked_for_stay(tuned):
    kept = TimePlan(keep_epochs=True, seconds=600.0)
    result = tuned(600.0, _rising, time_plan=kept)
    assert max(trial.epochs for trial in result.trials) == 6
    plan = tuned.budget.refits(PLAN, result.trials, result.best)
    assert plan.refit_epochs == 6


@pytest.mark.parametrize(("seconds", "whole"), [(600.0, True), (8.0, False)])
def test_within_the_plan_its_trials_and_refits_are_the_most(tuned, seconds, whole):
    result = tuned(seconds, _rising, time_plan=TimePlan(within_plan=True, seconds=seconds))
    names = {stage.name for stage in result.stages}
    assert names <= {"coarse-pilot", "coarse", "coarse-widened-1", "coarse-widened-2", "fine"}
    left_out = [one for one in result.findings if one.name == "plan cut short"]
    refits = tuned.budget.refits(PLAN, result.trials, result.best)
    assert tuned.now[0] - tuned.began < seconds
    if whole:
        assert (len(result.trials), left_out) == (PLAN.trials, [])
        assert max(trial.epochs for trial in result.trials) == PLAN.stages[-1].epochs
        assert refits.refit_seeds == PLAN.refit_seeds
    else:
        assert len(result.trials) < PLAN.trials
        assert left_out[0].evidence["planned"] == PLAN.trials
        assert "--minutes 1`" in left_out[0].advice
    assert not any(one.name.startswith("time ") for one in result.findings)


def test_too_little_time_still_has_a_network_and_says_so(tuned):
    result = tuned(1.0, _rising)
    assert result.best.score is not None
    assert tuned.now[0] - tuned.began < 1.0 + 15.0 / 2
    (finding,) = [one for one in result.findings if one.name == "time too short"]
    assert finding.severity == "warning"
    assert "coarse and fine" in finding.verdict
    plan = tuned.budget.refits(PLAN, result.trials, result.best)
    assert plan.refit_seeds == 1
    # ---- nor may the end of it pass for a whole training
    whole = replace(result.best, epochs=plan.refit_epochs)
    assert tuned.budget.cut_refits(plan, [whole]) == ()
    assert tuned.budget.cut_refits(plan, [replace(whole, epochs=1)]) == ()  # there is time yet
    tuned.now[0] += 60.0
    (cut,) = tuned.budget.cut_refits(plan, [replace(whole, epochs=1)])
    assert tuned.budget.cut_refits(plan, [replace(whole, epochs=1, status="diverged")]) == ()
    assert (cut.name, cut.severity) == ("refits cut short", "warning")
    # ---- but what patience has ended was not cut
    patient, curve = replace(plan, patience=2), {"val_accuracy": [0.4, 0.5, 0.5, 0.4]}
    tired = replace(whole, epochs=4, history=curve)
    longer = replace(tuned.budget.time_plan.sizes[-1], epochs=9)
    tuned.budget.time_plan = replace(
        tuned.budget.time_plan, sizes=(*tuned.budget.time_plan.sizes[:-1], longer)
    )
    assert tuned.budget.cut_refits(patient, [tired]) == ()
    assert len(tuned.budget.cut_refits(replace(patient, patience=3), [tired])) == 1


@pytest.mark.parametrize("killed", [3, 30, 60, 110])
def test_a_resumed_search_reads_its_sizes_and_keeps_the_time(tuned, killed):
    seconds = 60.0
    with pytest.raises(KeyboardInterrupt):
        tuned(seconds, _rising, epochs=killed)
    known, spent = tuned.budget.time_plan, tuned.now[0] - tuned.began
    result = tuned(seconds, _rising, time_plan=known)
    found = tuned.budget.time_plan
    assert found.sizes[: len(known.sizes)] == known.sizes
    spent += tuned.now[0] - tuned.began
    plan = tuned.budget.refits(PLAN, result.trials, result.best)
    after = plan.refit_seeds * ((plan.refit_epochs or 0) * EPOCH + 1.0) + 2.0
    # What was under way when it was killed is trained again.
    assert spent + after <= 1.1 * seconds + 6 * EPOCH
    # ---- and a search that is over is only read
    again = tuned(seconds, _rising, time_plan=tuned.budget.time_plan)
    assert again.trials == result.trials
    assert tuned.engine.epochs == 0


@pytest.mark.parametrize(("left", "epochs"), [(2.6, [11]), (-1.0, [1]), (12.9, [50, 2])])
def test_refits_end_with_their_best_epoch_when_their_time_is_up(tuned, left, epochs):
    result = tuned(30.0, _rising)
    shared = replace(tuned.context, budget=None, ends=tuned.now[0] + left)
    stage, kept = Stage("refit-best", 3, 50, "random", "none"), []
    records = refit(
        stage,
        [result.best] * 3,
        result.space,
        tuned.engine,
        tuned.store,
        shared,
        lambda record, outcome: kept.append(outcome),
    )
    assert [(record.status, record.epochs) for record in records] == [
        ("completed", number) for number in epochs
    ]
    assert [outcome.score for outcome in kept] == [record.score for record in records]
    # ---- what has ended stays as it is when the run goes on later
    again = replace(shared, ends=-math.inf)
    trials = [result.best] * 3
    assert records == refit(
        stage, trials, result.space, tuned.engine, tuned.store, again, lambda record, outcome: None
    )


def test_stages_of_other_plans(tuned):
    plan = Plan((Stage("grid", 9, 4, "grid", "none"),))
    result = tuned(60.0, _rising, plan=plan)
    assert {trial.stage for trial in result.trials} >= {"grid-pilot", "grid"}


def test_the_plan_as_it_was_carried_out():
    sizes = (
        StageSize("coarse-pilot", 4, 2, 1.0, 3.0),
        StageSize("coarse", 20, 2, 3.0, 20.0),
        StageSize("fine", 9, 6, 20.0, 40.0),
        StageSize("fine-longer-1", 5, 12, 40.0, 50.0),
        StageSize("refits", 2, 12, 50.0, 60.0),
    )
    plan = TimePlan(sizes, seconds=60.0).carried_out(PLAN)
    assert [(stage.name, stage.trials, stage.epochs, stage.sampler) for stage in plan.stages] == [
        ("coarse-pilot", 4, 2, "sobol"),
        ("coarse", 20, 2, "sobol"),
        ("fine", 9, 6, "tpe"),
        ("fine-longer-1", 5, 12, "tpe"),
    ]
    assert (plan.refit_seeds, plan.refit_epochs) == (2, 12)
