"""How long the phases of a run took."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from dlrecipes.report.details import time_rows
from dlrecipes.results import DataResult, EngineResult, RunResult, TimeSpent
from dlrecipes.run.assemble import keep_what_holds
from dlrecipes.run.messages import time_line
from dlrecipes.run.phase_clock import PhaseClock
from dlrecipes.training.engines import count_cores
from dlrecipes.training.stopwatch import timed

RESULT = RunResult(
    recipe="houses",
    run="houses-1",
    seed=0,
    split_seed=0,
    objective="val_rmse",
    direction="min",
    engine=EngineResult("resident", "float32"),
    data=DataResult("houses", 600, 200, 200, "0" * 12, "regression"),
)
PREPARED = TimeSpent({"trace": 30.0, "build": 8.0, "wait": 10.0}, {}, {"a": {"trace": 30.0}}, 9.0)
SEARCHED = replace(
    RESULT, seconds={"search": 51.2, "refits": 20.0, "total": 71.2}, time_spent={"search": PREPARED}
)


@pytest.fixture
def time(monkeypatch):
    """A clock and a processor that stand still unless told."""
    now = SimpleNamespace(clock=0.0, processors=0.0)
    monkeypatch.setattr("dlrecipes.run.phase_clock.count_cores", lambda: 2)
    now.phases = PhaseClock(lambda: now.clock, lambda: now.processors)
    return now


def test_each_moment_is_one_phases(time):
    time.phases.begin("baselines")
    time.clock, time.processors = 3.0, 5.0
    time.phases.begin("search")
    time.clock, time.processors = 13.0, 11.0
    time.phases.begin("baselines")
    time.clock, time.processors = 14.0, 12.0
    time.phases.end()
    time.clock = 99.0
    time.phases.end()
    result = time.phases.written(replace(RESULT, seconds={"test": 1.0, "total": 1.0}))
    assert result.seconds == {"test": 1.0, "baselines": 4.0, "search": 10.0, "total": 15.0}
    idle = {name: spent.idle for name, spent in result.time_spent.items()}
    assert idle == {"baselines": 2.0, "search": 14.0}


def test_parts_are_of_the_phase_in_which_they_end():
    phases = PhaseClock()
    with phases.watch:
        for name in ("search", "refits"):
            phases.begin(name)
            with timed("build", name):
                pass
        phases.end()
    spent = phases.written(RESULT).time_spent
    assert {name: list(one.structures) for name, one in spent.items()} == {
        "search": ["search"],
        "refits": ["refits"],
    }
    assert count_cores() > 0


def test_a_run_that_went_on_has_the_times_of_both_processes():
    more = replace(SEARCHED, stages=(), best=SEARCHED.best, seconds={"search": 9.0, "total": 9.0})
    before = replace(SEARCHED, seconds={**SEARCHED.seconds, "test": 1.0})
    other = replace(before, refits=(SimpleNamespace(checkpoint="another"),))
    result = keep_what_holds(more, other)
    assert result.seconds == {
        "search": pytest.approx(60.2), "refits": 20.0, "test": 1.0, "total": pytest.approx(81.2),
    }  # fmt: skip
    assert result.time_spent["search"] == PREPARED.plus(PREPARED)


def test_a_run_that_trained_nothing_more_keeps_its_times():
    again = replace(SEARCHED, seconds={"search": 0.1, "total": 0.1}, time_spent={})
    result = keep_what_holds(again, SEARCHED)
    assert (result.seconds, result.time_spent) == (SEARCHED.seconds, SEARCHED.time_spent)


def test_in_words():
    line = "time: search 51.2 s, of it 38.0 s preparing 1 structure; whole run 71.2 s"
    assert time_line(SEARCHED) == line
    by_fit = replace(SEARCHED, time_spent={"search": TimeSpent({"build": 8.0, "fit": 30.0})})
    assert "of it 8.0 s building models; whole" in time_line(by_fit)
    older = replace(SEARCHED, time_spent={})
    assert time_line(older) == "time: search 51.2 s; whole run 71.2 s"
    assert time_rows(SEARCHED) == [
        ("search", "51.2 s, of it 38.0 s preparing 1 structure"),
        ("refits", "20.0 s"),
        ("these together", "71.2 s"),
    ]
