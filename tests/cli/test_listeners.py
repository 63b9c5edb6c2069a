"""What is shown while a run goes on, on a terminal and elsewhere."""

import io
import signal
from inspect import signature
from pathlib import Path
from unittest.mock import create_autospec

import pytest
from rich.console import Console

from dlrecipes.cli.listeners import Interruptible, LiveProgress
from dlrecipes.results import Finding, Objective, PlanChange, TrialRecord
from dlrecipes.search import Listener, PlainProgress

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


def _press():
    signal.raise_signal(signal.SIGINT)


def test_waits_for_the_end_of_the_epoch(capfd):
    with Interruptible(Listener()) as listener:
        listener.on_stage("coarse", 3, 0)
        _press()
        assert (
            "the search ends with this epoch; once more ends it at once" in capfd.readouterr().err
        )
        with pytest.raises(KeyboardInterrupt):
            listener.on_epoch("coarse", 0, 0, 3, 0.5)


def test_waits_for_the_end_of_a_trial_that_reports_no_epoch():
    with Interruptible(Listener()) as listener:
        listener.on_stage("coarse", 3, 0)
        _press()
        with pytest.raises(KeyboardInterrupt):
            listener.on_trial(TrialRecord("coarse", 0, {}, "diverged"))


@pytest.mark.parametrize("next_call", ["on_phase", "on_stage"])
def test_is_not_lost_between_trainings(next_call):
    with Interruptible(Listener()) as listener:
        listener.on_stage("coarse", 3, 0)
        _press()
        words = ("refits",) if next_call == "on_phase" else ("fine", 1, 0)
        with pytest.raises(KeyboardInterrupt):
            getattr(listener, next_call)(*words)


def test_the_second_strikes_at_once():
    with Interruptible(Listener()) as listener:
        listener.on_stage("coarse", 3, 0)
        _press()
        with pytest.raises(KeyboardInterrupt):
            _press()


@pytest.mark.parametrize("phase", [None, "baselines"])
def test_outside_trainings_it_strikes_at_once(phase):
    with Interruptible(Listener()) as listener:
        if phase:
            listener.on_stage("coarse", 3, 0)
            listener.on_phase(phase)
        with pytest.raises(KeyboardInterrupt):
            _press()


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, one in vars(Listener).items()
        if name[0] != "_" and callable(one) and name != "on_end"
    ],
)
def test_everything_is_passed_on(name):
    inner = create_autospec(Listener, instance=True)
    told = [object()] * (len(signature(getattr(Listener, name)).parameters) - 1)
    getattr(Interruptible(inner), name)(*told)
    getattr(inner, name).assert_called_once_with(*told)


def test_the_last_words_are_the_commands_own():
    inner = create_autospec(Listener, instance=True)
    Interruptible(inner).on_end(["The test set stays sealed."])
    inner.on_end.assert_not_called()


def test_afterwards_python_is_in_charge_again():
    before = signal.getsignal(signal.SIGINT)
    with Interruptible(Listener()):
        assert signal.getsignal(signal.SIGINT) != before
    assert signal.getsignal(signal.SIGINT) == before
