import math
import time
from dataclasses import replace

import pytest

from dlrecipes.errors import BuilderError, RunError
from dlrecipes.results import Plan, Stage
from dlrecipes.search import (
    CoarseToFine,
    Store,
    discover_space,
    search,
    with_budget,
)
from dlrecipes.training.outcome import Outcome


@pytest.fixture
def study(tmp_path, fake_engine, recorder, context, rate_builder, curve):
    """`study(plan, …)`: a search in the journal of this test; `.engine`, `.heard` of the last."""

    def run(plan, *, build=rate_builder, curve=curve, engine=None, journal="study", **changes):
        run.engine = engine or fake_engine(curve)
        run.heard = recorder()
        run.store = Store.open(tmp_path / f"{journal}.journal", "run")
        shared = context(build, **{"listener": run.heard, **changes})
        return search(plan, discover_space(build), run.engine, run.store, shared)

    return run


@pytest.fixture
def shifted(curve):
    """`shifted(best)`: curves whose best learning rate is `best`."""
    return lambda best: lambda values, epochs: curve(values, epochs, best)


def test_coarse_to_fine(study):
    result = study(CoarseToFine(trials=18, epochs=6))
    coarse, fine = result.stages
    assert (coarse.name, fine.name) == ("coarse", "fine")
    assert len(result.trials) == 18
    # ---- the fine ranges are narrower, and the fine stage starts from the best
    low, high = fine.ranges["learning_rate"]
    assert 1e-4 <= low < high <= 1e-1
    assert high / low < 1e3
    best = max((one for one in result.trials if one.stage == "coarse"), key=lambda one: one.score)
    first = next(one for one in result.trials if one.stage == "fine")
    assert low <= best.values["learning_rate"] <= high
    assert first.values == best.values
    assert result.best.score == max(one.score for one in result.trials)
    assert 10**-2.5 < result.best.values["learning_rate"] < 10**-1.5
    assert result.findings == ()
    # ---- what was heard is what was stored
    assert study.heard.trials == list(result.trials)
    assert [name for name, _, _ in study.heard.stages] == ["coarse", "fine"]
    assert [(one.stage, one.number) for one in result.trials] == [
        *(("coarse", at) for at in range(12)),
        *(("fine", at) for at in range(6)),
    ]


def test_the_same_seed_gives_the_same_search(study):
    plan = CoarseToFine(trials=12, epochs=4)
    first, again = study(plan, journal="one"), study(plan, journal="two")
    assert first == again
    other = study(plan, journal="three", seed=1)
    assert other.trials != first.trials


@pytest.mark.parametrize("trials", [2, 7, 24, pytest.param(64, marks=pytest.mark.slow)])
@pytest.mark.parametrize(("best", "widened"), [(1e-2, False), (1e-7, True), (30.0, True)])
def test_a_plan_costs_what_it_says(study, shifted, trials, best, widened):
    plan = CoarseToFine(trials=trials, epochs=2)
    result = study(plan, curve=shifted(best))
    assert len(result.trials) == trials
    names = [stage.name for stage in result.stages]
    assert any("widened" in name for name in names) == (widened and trials >= 24)
    assert names[-1] == "fine"


@pytest.mark.parametrize(("best", "end"), [(1e-9, 0), (1e3, 1)])
def test_a_best_value_at_the_edge_widens_the_range(study, shifted, best, end):
    result = study(CoarseToFine(trials=64, epochs=2), curve=shifted(best))
    assert len(result.trials) == 64
    names = [stage.name for stage in result.stages]
    assert names == ["coarse", "coarse-widened-1", "coarse-widened-2", "fine"]
    ends = [stage.ranges["learning_rate"][end] for stage in result.stages]
    factors = [
        max(after / before, before / after) for before, after in zip(ends, ends[1:], strict=False)
    ]
    assert factors[:2] == pytest.approx([10.0, 10.0])
    # ---- what was searched already is not searched again
    one = result.stages[1].ranges["learning_rate"]
    assert max(one) / min(one) < 30
    # ---- two widenings are announced, and that they were not enough is said too
    first, second, last = study.heard.findings
    assert "the range is now" in first.advice
    assert "the range is now" in second.advice
    assert first.action.stage == "coarse"
    assert (first.action.low, first.action.high)[end] == pytest.approx(ends[1])
    assert last.advice.endswith("The search has widened ranges twice and stops there.")
    assert last.action is None
    # ---- the result says what came of it, and warns of the last edge only
    assert result.findings[2] == last
    for finding in result.findings[:2]:
        assert (finding.severity, finding.action) == ("info", None)
        assert "still lies at the edge of" in finding.advice


def test_an_edge_that_a_later_stage_went_beyond_is_no_warning(study, shifted):
    stages = (
        Stage("first", 24, 2, "sobol", widen=True, ranges={"learning_rate": (1e-4, 1e-3)}),
        Stage("second", 24, 2, "sobol", ranges={"learning_rate": (1e-4, 1e-1)}),
    )
    limits = {"learning_rate": (1e-4, 1e-3)}
    result = study(Plan(stages, limits=limits), curve=shifted(1e-2))
    assert [finding.severity for finding in study.heard.findings] == ["warning"]
    (finding,) = result.findings
    assert (finding.severity, finding.action) == ("info", None)
    assert (
        "lay at the upper edge of the range that was searched, [0.0001, 0.001]" in finding.verdict
    )
    assert "lies inside [0.0001, 0.1], all that was searched." in finding.advice


def test_widening_stays_within_the_limits(study, shifted):
    plan = CoarseToFine(trials=64, epochs=2, limits={"learning_rate": (1e-4, 0.2)})
    result = study(plan, curve=shifted(1e3))
    assert max(one.values["learning_rate"] for one in result.trials) <= 0.2
    assert max(stage.ranges["learning_rate"][1] for stage in result.stages) == 0.2
    assert [one.action is None for one in study.heard.findings] == [False, True]
    assert [one.severity for one in result.findings] == ["info", "warning"]


def test_without_trials_to_spare_the_edge_is_only_reported(study, shifted):
    plan = Plan((Stage("coarse", 16, 2, sampler="sobol", widen=True),))
    result = study(plan, curve=shifted(1e3))
    assert len(result.trials) == 16
    (finding,) = result.findings
    assert finding.action is None
    assert "With more trials the search does so by itself" in finding.advice
    assert "is now" not in finding.advice


def test_the_edge_that_only_the_last_stage_reaches_is_reported(study, shifted):
    plan = Plan((Stage("only", 16, 2, sampler="sobol"),))
    (finding,) = study(plan, curve=shifted(1e3)).findings
    assert (finding.name, finding.severity, finding.action) == ("range edge", "warning", None)
    assert "lies at the upper edge of the range that was searched, [0.0001, 0.1]" in finding.verdict
    assert 'hp.Float("learning_rate", 0.0001, 1, sampling="log")' in finding.advice
    assert finding.advice.endswith("The last stage found it; the search ends there.")
    assert study.heard.findings == [finding]


def test_a_finding_that_stays_is_reported_once(study, shifted):
    def build(hp):
        hp.Float("learning_rate", 1e-4, 1e-1, sampling="log")
        hp.Float("width", 1.0, 2.0)
        return dict(hp.values)

    def curve(values, epochs):
        return [values["width"] + one for one in shifted(1e3)(values, epochs)]

    result = study(CoarseToFine(trials=64, epochs=2), build=build, curve=curve)
    about = [one.verdict.split(",")[0] for one in study.heard.findings if one.action is None]
    assert about.count("The best width") <= 1
    verdicts = [one.verdict for one in result.findings]
    assert len(set(verdicts)) == len(verdicts)


def test_given_ranges_beyond_the_builders(study):
    plan = Plan((Stage("low", 12, 2, sampler="sobol", ranges={"learning_rate": (1e-7, 1e-5)}),))
    result = study(plan, build=_two_rates)
    assert all(one.values["learning_rate"] <= 1e-5 for one in result.trials)
    assert result.stages[0].ranges["learning_rate"] == (1e-7, 1e-5)
    assert set(result.importances) == {"learning_rate", "other"}


def _two_rates(hp):
    hp.Float("learning_rate", 1e-4, 1e-1, sampling="log")
    hp.Float("other", 0.0, 1.0)
    return dict(hp.values)


def test_a_stage_without_trials(study):
    stages = CoarseToFine(trials=12, epochs=2).stages
    result = study(Plan((replace(stages[0], trials=0), stages[1])))
    assert [stage.name for stage in result.stages] == ["fine"]
    assert result.stages[0].ranges == {"learning_rate": (1e-4, 1e-1)}


def test_late_hyperparameters_are_carried_over(study, builder):
    def curve(values, epochs):
        return [(0.5 + values["epsilon"]) if values["norm"] else 0.1] * epochs

    result = study(CoarseToFine(trials=24, epochs=2), build=builder, curve=curve)
    best = max((one for one in result.trials if one.stage != "fine"), key=lambda one: one.score)
    first = next(one for one in result.trials if one.stage == "fine")
    assert first.values["epsilon"] == best.values["epsilon"]


# ---- trials that end badly


def test_nothing_but_divergence(study):
    with pytest.raises(
        RunError, match=r"end with a score\. Received: 6 diverged\. .*learning rate"
    ):
        study(CoarseToFine(trials=6, epochs=2), curve=lambda *_: [math.nan])
    assert [one.score for one in study.heard.trials] == [0.1] * 6


def test_diverged_trials_never_win(study):
    def curve(values, epochs):
        return [0.9, math.nan] if values["learning_rate"] > 1e-2 else [0.05] * epochs

    result = study(CoarseToFine(trials=24, epochs=4), curve=curve, chance=0.1)
    counts = result.stages[0].trials
    assert counts.diverged > 0
    assert counts.diverged + counts.completed + counts.pruned == 16
    assert result.best.status != "diverged"
    assert result.best.score == 0.05


def test_without_a_chance_level_the_worst_score_is_told(study):
    curves = iter([[0.5], [0.3], [math.nan], [0.2], [math.nan], [0.9]])
    plan = Plan((Stage("coarse", 6, 1, sampler="random", pruner="none"),))
    result = study(plan, curve=lambda *_: next(curves), chance=None)
    assert [one.score for one in result.trials] == [0.5, 0.3, 0.3, 0.2, 0.2, 0.9]


def test_five_failures_in_a_row_end_the_search(study):
    def curve(values, epochs):
        return Outcome("failed", error="ValueError: no such layer")

    with pytest.raises(BuilderError, match=r"5 times in a row\. Received: ValueError: no such lay"):
        study(CoarseToFine(trials=12, epochs=2), curve=curve)
    assert len(study.heard.trials) == 5
    # ---- and everything is kept: a mended builder goes on from there
    result = study(CoarseToFine(trials=12, epochs=2))
    assert len(result.trials) == 12
    assert [one.status for one in result.trials[:5]] == ["failed"] * 5
    assert len(study.heard.trials) == 7


def test_failures_apart_do_not(study):
    bad = Outcome("failed", error="ValueError: no such layer")
    outcomes = [bad] * 4 + [[0.5, 0.6]] + [bad] * 4 + [[0.5, 0.5]]
    script = iter(outcomes)
    plan = Plan((Stage("coarse", 10, 2, sampler="random"),))
    result = study(plan, curve=lambda *_: next(script))
    assert (result.stages[0].trials.failed, result.best.score) == (8, 0.6)


def test_out_of_memory_is_no_mistake_of_the_builder(study):
    def curve(values, epochs):
        if values["learning_rate"] > 3e-4:
            return Outcome("failed", error="out of memory: ResourceExhaustedError")
        return [0.5] * epochs

    result = study(CoarseToFine(trials=18, epochs=2), curve=curve)
    assert len(result.trials) == 18
    assert result.stages[0].trials.failed >= 8
    assert result.best.score == 0.5


def test_the_score_of_a_pruned_trial_is_its_best_epoch(study):
    levels = iter([0.9, 0.9, 0.9, 0.9, 0.2, 0.2])

    def curve(values, epochs):
        top = next(levels)
        return [top, top / 2, *[top / 3] * (epochs - 2)]

    plan = Plan((Stage("coarse", 6, 8, sampler="random", pruner="median"),))
    result = study(plan, curve=curve)
    pruned = [one for one in result.trials if one.status == "pruned"]
    assert len(pruned) == 2
    assert all((one.score, one.best_epoch) == (0.2, 0) for one in pruned)
    assert all(1 < one.epochs < 8 for one in pruned)


# ---- deadline and resuming


def test_the_deadline_keeps_what_is_finished(study, curve):
    def slow(values, epochs):
        time.sleep(0.05)
        return curve(values, epochs)

    plan = CoarseToFine(trials=64, epochs=4)
    result = study(plan, curve=slow, deadline=time.monotonic() + 1.0)
    finished = [one for one in result.trials if one.status != "unfinished"]
    assert 2 <= len(finished) < 43
    assert len(result.trials) - len(finished) <= 1
    assert study.heard.trials == finished
    assert [stage.name for stage in result.stages] == ["coarse"]
    # ---- no later stage has begun from a stage that was cut off …
    assert not study.store.has("fine")
    # ---- … so that the resumed search is the unbroken one
    resumed = study(plan)
    assert resumed == study(plan, journal="unbroken")
    assert list(resumed.trials[: len(finished)]) == finished


def test_a_deadline_before_the_first_trial(study):
    with pytest.raises(RunError, match=r"Received: no finished trial\. Give more time"):
        study(CoarseToFine(), deadline=time.monotonic() - 1.0)


def test_time_that_is_hardly_used_is_said_once(study):
    plan = CoarseToFine(trials=8, epochs=2)
    result = study(plan, deadline=time.monotonic() + 600.0)
    (finding,) = [one for one in result.findings if one.name == "unused_time"]
    assert finding.verdict == "The plan's 8 trials took less than 0.1 of 10 minutes."
    assert finding.advice.startswith("About ")
    assert study.heard.notes == [f"{finding.verdict} {finding.advice}"]
    # Resumed, the search took no time at all, which says nothing.
    assert "unused_time" not in [
        one.name for one in study(plan, deadline=time.monotonic() + 600.0).findings
    ]


def _noisy(values, epochs):
    """Curves that prune, diverge, fail and have their best at an edge."""
    rate = values["learning_rate"]
    unit = math.modf(abs(math.log10(rate)) * 1000)[0]
    if unit < 0.1:
        return [0.4, math.nan]
    if unit > 0.95:
        return Outcome("failed", error="out of memory: in this test")
    top = 0.3 * unit + 0.1 * math.log10(rate / 1e-8)
    return [top * (1 - 0.5 ** (epoch + 1)) for epoch in range(epochs)]


PLAN = CoarseToFine(trials=30, epochs=9)


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory, builder, fake_engine, context):
    """The noisy search's result, and the epochs that were trained."""
    engine = fake_engine(_noisy)
    store = Store.open(tmp_path_factory.mktemp("unbroken") / "study.journal", "run")
    result = search(PLAN, discover_space(builder), engine, store, context(builder))
    return result, engine.epochs


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("epochs", [0, 1, 4, 11, 23, 40, 61, 80])
def test_an_interrupted_search_goes_on_as_an_unbroken_one(
    study, builder, fake_engine, unbroken, epochs, late
):
    whole, total = unbroken
    assert {one.status for one in whole.trials} == {"completed", "pruned", "diverged", "failed"}
    assert len(whole.stages) >= 3
    with pytest.raises(KeyboardInterrupt):
        study(PLAN, build=builder, engine=fake_engine(_noisy, epochs, late))
    announced = study.heard.trials
    resumed = study(PLAN, build=builder, curve=_noisy)
    assert resumed == whole
    assert list(resumed.trials[: len(announced)]) == announced
    # ---- only the trial under way was trained again
    assert study.engine.epochs <= total - sum(one.epochs for one in announced)


class Keeper:
    """Remembers what it was given, and what it was told of earlier processes."""

    def __init__(self):
        self.kept, self.met = [], []

    def meet(self, records):
        self.met += records

    def keep(self, record, outcome):
        self.kept.append(record)


def test_a_keeper_has_each_trial_before_it_counts_as_finished(study, fake_engine):
    plan, keeper = CoarseToFine(trials=24, epochs=2), Keeper()
    with pytest.raises(KeyboardInterrupt):
        study(plan, engine=fake_engine(epochs=20), keeper=keeper)
    assert all(job.keep_weights for job in study.engine.jobs)
    assert keeper.kept == study.heard.trials
    assert keeper.met == []
    after = Keeper()
    whole = study(plan, keeper=after)
    assert after.met == keeper.kept
    assert [*keeper.kept, *after.kept] == list(whole.trials)
    # ---- where there is none, nothing is kept
    study(plan, journal="other")
    assert not any(job.keep_weights for job in study.engine.jobs)


def test_interrupted_again_and_again(study, builder, fake_engine, unbroken):
    whole, _ = unbroken
    announced = []
    for attempt in range(60):
        try:
            result = study(PLAN, build=builder, engine=fake_engine(_noisy, 9 + attempt % 3))
        except KeyboardInterrupt:
            announced += study.heard.trials
        else:
            break
    assert [*announced, *study.heard.trials] == list(whole.trials) == list(result.trials)


def test_a_finished_search_is_only_read(study, fake_engine):
    plan = CoarseToFine(trials=24, epochs=2)
    first = study(plan)
    again = study(plan, engine=fake_engine(None))
    assert again == first
    assert study.engine.jobs == []


@pytest.mark.parametrize("best", [1e-2, 1e3])
def test_no_more_trials_only_reads(study, shifted, fake_engine, best):
    first = study(CoarseToFine(trials=48, epochs=2), curve=shifted(best))
    nothing = with_budget(CoarseToFine(trials=48, epochs=2), trials=0)
    again = study(nothing, engine=fake_engine(None))
    assert again.trials == first.trials
    assert again.best == first.best
    assert [stage.name for stage in again.stages] == [stage.name for stage in first.stages]


@pytest.mark.parametrize("best", [1e-2, 1e3])
def test_more_trials_add_to_the_same_stages(study, shifted, best):
    first = study(CoarseToFine(trials=24, epochs=2), curve=shifted(best))
    more = study(with_budget(CoarseToFine(trials=24, epochs=2), trials=48), curve=shifted(best))
    assert len(more.trials) == 48
    assert set(map(repr, first.trials)) <= set(map(repr, more.trials))
    before = {stage.name: stage.ranges for stage in first.stages}
    after = {stage.name: stage.ranges for stage in more.stages}
    assert {name: after[name] for name in before} == before


def test_an_interrupt_keeps_the_last_reports(study, fake_engine, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        study(CoarseToFine(trials=12, epochs=12), engine=fake_engine(epochs=3))
    assert (tmp_path / "study.journal").read_bytes().count(b'"intermediate_value"') == 3


# ---- a coarse list

LISTED = [0.1, 0.05, 0.03, 0.01, 0.003, 0.001, 0.0005, 0.0001]


def _listed(hp):
    hp.Choice("learning_rate", LISTED)
    hp.Float("other", 0.0, 1.0)
    hp.Choice("units", [8, 16, 32])
    return dict(hp.values)


def test_a_coarse_list_is_refined_between_the_neighbours_of_the_best(study, shifted):
    result = study(CoarseToFine(trials=36, epochs=2), build=_listed, curve=shifted(2.5e-3))
    coarse, fine = result.stages
    rates = [one.values["learning_rate"] for one in result.trials if one.stage == "coarse"]
    assert set(rates) == set(LISTED)
    assert fine.ranges["learning_rate"] == (0.001, 0.01)  # of 0.003
    assert "units" not in fine.ranges
    finer = {one.values["learning_rate"] for one in result.trials if one.stage == "fine"}
    assert len(finer - set(LISTED)) >= 8
    assert 0.001 <= min(finer) < max(finer) <= 0.01
    (note,) = study.heard.notes
    assert note.startswith("Stage fine searches learning_rate from 0.001 to 0.01 on a log scale")
    assert "`ordered=False`" in note
    # ---- a second call reads it back, and says nothing twice
    assert study(CoarseToFine(trials=36, epochs=2), build=_listed) == result
    assert study.heard.notes == []


@pytest.mark.parametrize(("best", "widest"), [(1.0, (1e-4, 1.0)), (1e-5, (1e-5, 0.1))])
def test_beyond_the_end_of_a_coarse_list(study, shifted, best, widest):
    result = study(CoarseToFine(trials=64, epochs=2), build=_listed, curve=shifted(best))
    names = [stage.name for stage in result.stages]
    assert "coarse-widened-1" in names
    assert result.best.values["learning_rate"] == pytest.approx(best, rel=1.0)
    first = study.heard.findings[0]
    assert (first.action.low, first.action.high) == pytest.approx(widest)
    # ---- and where nothing may be widened, the search goes to the end and says so
    plan = CoarseToFine(trials=64, epochs=2, limits={"learning_rate": (1e-4, 0.1)})
    result = study(plan, build=_listed, curve=shifted(best), journal="limited")
    end = {1.0: (0.05, 0.1), 1e-5: (0.0001, 0.0005)}[best]
    assert result.stages[-1].ranges["learning_rate"] == end
    (finding,) = (
        one for one in result.findings if one.evidence["hyperparameter"] == "learning_rate"
    )
    assert finding.severity == "warning"
    assert "widen the range in the builder: hp.Float(" in finding.advice


def test_a_list_that_stays_one(study):
    def build(hp):
        rate = hp.Choice("learning_rate", LISTED, ordered=False)
        scale = hp.Choice("scale", [0.1, 1.0, 10.0])  # the parent of a scope
        with hp.conditional_scope("scale", [1.0]):
            if scale == 1.0:
                hp.Float("other", 0.0, 1.0)
        hp.Choice("units", [8, 16, 32])
        return {"learning_rate": rate}

    result = study(CoarseToFine(trials=24, epochs=2), build=build)
    assert {one.values["learning_rate"] for one in result.trials} <= set(LISTED)
    assert {one.values["scale"] for one in result.trials} <= {0.1, 1.0, 10.0}
    assert study.heard.notes == []


def _planned(hp):
    hp.Float("learning_rate", 1e-4, 1e-1, sampling="log")
    return {**hp.values, "epochs": hp.Fixed("epochs", 30)}


def _epochs(values, epochs):
    """Curves of a network whose builder must know its epochs."""
    assert values["epochs"] == epochs
    return [0.1 - abs(math.log10(values["learning_rate"]) + 2) / 100] * epochs


def test_each_stage_hands_its_epochs_to_the_builder(study):
    stages = (
        Stage("coarse", 6, 3, "sobol", "none"),
        Stage("fine", 4, 7, narrow=True),
        Stage("last", 4, 2, "random", narrow=True),
    )
    result = study(Plan(stages), build=_planned, curve=_epochs)
    assert len(result.trials) == 14
    planned = {stage.name: stage.epochs for stage in stages}
    assert all(one.values["epochs"] == planned[one.stage] for one in result.trials)
    # ---- the best are tried again, each once, though they had other epochs
    before = [one for one in result.trials if one.stage != "last"]
    rates = [one.values["learning_rate"] for one in result.trials if one.stage == "last"]
    assert len(set(rates)) == len(rates)
    assert rates[0] == max(before, key=lambda one: one.score).values["learning_rate"]
    # ---- which are no hyperparameter that explains anything
    assert set(result.importances) <= {"learning_rate"}
    (asked,) = [one for one in result.space if one.is_epochs]
    assert asked.choices == (30,)
    # ---- read back, and not run again
    assert study(Plan(stages), build=_planned, curve=_epochs) == result
    assert study.engine.jobs == []


def _rates(result):
    return [one.values["learning_rate"] for one in result.trials]


def test_a_search_of_an_earlier_version_goes_on(study, fake_engine, rate_builder):
    """Its builder did not ask for epochs, or was answered with its own number."""
    plan = Plan((Stage("coarse", 6, 3, "sobol", "none"), Stage("fine", 3, 5, narrow=True)))
    with pytest.raises(KeyboardInterrupt):
        study(plan, build=rate_builder, engine=fake_engine(epochs=7))
    result = study(plan, build=_planned)
    old, new = result.trials[:2], result.trials[2:]
    assert all("epochs" not in one.values for one in old)
    assert [one.values["epochs"] for one in new] == [3] * 4 + [5] * 3
