"""A run whose minutes say how many trials, epochs and refits it has."""

import json

import pytest

import dlrecipes as dlr
from dlrecipes.errors import ArgumentError, RunError
from dlrecipes.results import RunInfo, TimePlan, parse_json
from dlrecipes.search import Listener, with_budget


class Interrupted(Listener):
    """Ends the run at the first trial of a stage."""

    def __init__(self, stage):
        self._stage = stage

    def on_trial(self, record):
        if record.stage.startswith(self._stage):
            raise KeyboardInterrupt


@pytest.mark.slow
def test_minutes_without_a_plan_are_the_time_of_the_run(splits, build, settings):
    run = dlr.tune(build, splits, settings=settings(minutes=0.25), listener=Listener())
    result, decided = run.result, run.info.time_plan
    assert result.seconds["total"] <= 15.0 + 15.0
    assert decided.seconds == 15.0
    names = [size.name for size in decided.sizes]
    assert names[0] == "coarse-pilot"
    assert len(result.refits) <= run.info.plan_carried_out.refit_seeds
    assert [stage.name for stage in run.info.plan.stages] == ["coarse", "fine"]
    assert [stage.name for stage in run.info.plan_carried_out.stages] == names[
        : names.index("refits")
    ]
    # ---- a run that has ended is only read, within whatever is left
    again = dlr.resume(run.directory, build, splits, listener=Listener())
    assert again.info.time_plan == decided
    assert again.result.refits == result.refits
    # ---- nor does one of an earlier version, which wrote no ensemble down where there was none
    info = run.directory / "run.json"
    known = json.loads(info.read_text())
    assert known["time_plan"]["sizes"].pop()["name"] == "ensemble"
    info.write_text(json.dumps(known))
    older = dlr.resume(run.directory, build, splits, listener=Listener())
    assert older.info.time_plan.sizes == decided.sizes[:-1]
    assert older.result.ensemble == result.ensemble
    # ---- with more time it goes on
    more = dlr.resume(run.directory, build, splits, minutes=0.1, listener=Listener())
    kept = decided.sizes[: names.index("refits")]
    assert more.info.time_plan.sizes[: len(kept)] == kept
    assert more.info.time_plan.given == 1  # and what it found is trained again
    assert {refit.seed for refit in more.result.refits}.isdisjoint(
        refit.seed for refit in result.refits
    )
    assert more.info.time_plan.seconds == pytest.approx(decided.size("refits").spent + 6.0)


@pytest.mark.slow
def test_a_run_cut_off_in_its_pilot_goes_on_with_what_is_left(splits, build, settings):
    with pytest.raises(KeyboardInterrupt):
        dlr.tune(
            build, splits, settings=settings(minutes=0.4), listener=Interrupted("coarse-pilot")
        )
    out = settings().out
    begun = parse_json(RunInfo, (out / "run.json").read_text(), source="run.json").time_plan
    assert [size.name for size in begun.sizes] == ["coarse-pilot"]
    # ---- a number of trials is not its own
    with pytest.raises(RunError, match=r"minutes of this run say how many.*Received: 3 trials"):
        dlr.resume(out, build, splits, plan=with_budget(dlr.CoarseToFine(), 3))
    run = dlr.resume(out, build, splits, listener=Listener())
    assert run.info.time_plan.sizes[0] == begun.sizes[0]
    assert run.info.time_plan.sizes[-1].spent <= 24.0 + 15.0


@pytest.mark.slow
def test_no_trials_end_the_search_with_the_best_so_far(splits, build, settings):
    with pytest.raises(KeyboardInterrupt):
        dlr.tune(build, splits, settings=settings(minutes=10), listener=Interrupted("coarse-pilot"))
    plan = with_budget(dlr.Run(settings().out).info.plan, 0)
    run = dlr.resume(settings().out, build, splits, plan=plan, listener=Listener())
    assert [stage.name for stage in run.result.stages] == ["coarse-pilot"]
    assert len(run.result.refits) == plan.refit_seeds
    assert run.info.time_plan.seconds == 600.0


def test_a_time_plan_needs_minutes(splits, build, settings):
    with pytest.raises(ArgumentError, match="needs the minutes that it divides"):
        dlr.tune(build, splits, settings=settings(), time_plan=TimePlan())


def test_run_json_of_an_earlier_version_has_none(tuned):
    known = json.loads((tuned / "run.json").read_text())
    assert known.pop("time_plan") is None
    info = parse_json(RunInfo, json.dumps(known), source="run.json")
    assert info.time_plan is None
    assert info.plan_carried_out == info.plan
