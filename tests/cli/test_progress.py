"""What is shown while a run goes on, on a terminal and elsewhere."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from dlrecipes.cli.progress import LiveProgress
from dlrecipes.results import Finding, Objective, PlanChange, TrialRecord
from dlrecipes.search import PlainProgress

ACCURACY = Objective("val_accuracy", "max")


def _record(number, status, score, stage="coarse", error=""):
    values = {"rate": 0.012345, "units": 8, "act": "relu"}
    return TrialRecord(stage, number, values, status, score, seconds=2.0, error=error)


def _play(listener):
    listener.on_run(Path("runs/a[bold]b[/x]"))
    listener.on_phase("search")
    listener.on_stage("coarse", 4, 0)
    listener.on_epoch("coarse", 0, 0, 3, 0.5)
    listener.on_trial(_record(0, "completed", 0.8))
    listener.on_trial(_record(1, "diverged", 0.9))
    listener.on_trial(_record(2, "failed", None, error="ValueError: [no] such"))
    listener.on_finding(Finding("duplicates", "No copies."))
    listener.on_finding(Finding("scales", "They [differ].", severity="warning", advice="Scale."))
    listener.on_finding(Finding("edge", "At the edge.", action=PlanChange()))
    listener.on_phase("refits")
    listener.on_stage("refit-coarse-0", 1, 0)
    listener.on_trial(_record(0, "completed", 0.95, stage="refit-coarse-0"))


def test_plain(capsys):
    with PlainProgress(ACCURACY) as listener:
        _play(listener)
    assert capsys.readouterr().out.splitlines() == [
        "run directory: runs/a[bold]b[/x]",
        "search …",
        "stage coarse: 4 trials, scored by val_accuracy, higher is better",
        "  coarse trial 0 completed 0.8000 in 2.0 s, best 0.8000 (1 of 4 done)",
        "  coarse trial 1 diverged 0.9000 in 2.0 s, best 0.8000 (2 of 4 done)",
        "  coarse trial 2 failed - in 2.0 s, best 0.8000 (3 of 4 done) (ValueError: [no] such)",
        "  warning: They [differ]. Scale.",
        "  info: At the edge.",
        "refits …",
        "stage refit-coarse-0: 1 trial, scored by val_accuracy, higher is better",
        "  refit-coarse-0 trial 0 completed 0.9500 in 2.0 s (1 of 1 done)",
    ]
    assert listener.directory == Path("runs/a[bold]b[/x]")


@pytest.fixture
def console():
    return Console(file=io.StringIO(), force_terminal=True, width=100, color_system=None)


@pytest.fixture
def clock():
    class Clock:
        now = 0.0

        def __call__(self):
            return self.now

    return Clock()


def _draw(listener):
    paper = Console(file=io.StringIO(), width=100)
    paper.print(listener)
    return paper.file.getvalue()


def test_live(console):
    with LiveProgress(ACCURACY, console) as listener:
        _play(listener)
        shown = _draw(listener)
    assert "trials       1 completed, 1 diverged, 1 failed" in shown  # and one refit
    assert "val_accuracy 0.8000  (rate=0.0123, units=8, act=relu)" in shown
    assert "1/1" in shown
    written = console.file.getvalue()
    assert "run directory: runs/a[bold]b[/x]" in written
    assert "warning: They [differ]. Scale." in written
    assert "No copies" not in written


def test_live_shows_no_old_total_in_a_new_phase(console):
    with LiveProgress(ACCURACY, console) as listener:
        listener.on_stage("coarse", 30, 0)
        assert "0/30" in _draw(listener)
        listener.on_phase("refits")
        assert "/" not in _draw(listener)


def test_live_counts_what_was_done_before(console, clock):
    with LiveProgress(ACCURACY, console, clock) as listener:
        listener.on_stage("coarse", 30, 10)
        clock.now += 2.0
        listener.on_trial(_record(10, "completed", 0.8))
        shown = _draw(listener)
    assert "11/30" in shown
    assert "about 38 s left" in shown


def test_live_says_what_takes_long(console, clock):
    with LiveProgress(ACCURACY, console, clock) as listener:
        listener.on_phase("baselines")
        listener.on_step("boosted [trees]")
        clock.now += 12.0
        assert "boosted [trees], 12 s" in _draw(listener)
        listener.on_stage("coarse", 4, 0)
        listener.on_epoch("coarse", 3, 1, 30, 0.5)
        assert "trial 3: epoch 2 of 30, 0.5000" in _draw(listener)
