"""Nothing is silent for five seconds, and no thread outlives a run."""

import io
import sys
import threading
import time

import pytest

from dlrecipes.results import Objective, TrialRecord
from dlrecipes.search import Listener, PlainProgress

ACCURACY = Objective("val_accuracy", "max")


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def listener(clock):
    return PlainProgress(ACCURACY, clock)


@pytest.fixture
def beat_for(listener, clock, capsys):
    """`beat_for(seconds)`: the lines that the heartbeat writes meanwhile, with their times."""

    def go_on(seconds):
        capsys.readouterr()
        told, start = [], clock.now
        while clock.now < start + seconds:
            clock.now += 0.5
            listener.beat()
            told += [(clock.now - start, line) for line in capsys.readouterr().out.splitlines()]
        return told

    return go_on


def _beating():
    return [one for one in threading.enumerate() if one.name == "dlrecipes-heartbeat"]


def test_a_long_step_is_told_and_then_that_it_goes_on(listener, beat_for):
    listener.on_phase("baselines")
    listener.on_step("boosted trees")
    assert beat_for(12.0) == [
        (1.0, "  boosted trees …"),
        (5.5, "  … still: boosted trees, 6 s"),
        (10.0, "  … still: boosted trees, 10 s"),
    ]


def test_short_steps_are_not_told(listener, beat_for):
    listener.on_phase("audit")
    for name in ("duplicates", "drift", "target leak"):
        listener.on_step(name)
        assert not beat_for(0.5)


@pytest.mark.parametrize("seconds", [3.0, 30.0])
def test_no_phase_is_silent_for_five_seconds(listener, beat_for, seconds):
    listener.on_phase("search")
    listener.on_stage("coarse", 4, 0)
    times = [when for when, _ in beat_for(seconds)]
    assert max((b - a for a, b in zip([0.0, *times], times, strict=False)), default=0.0) <= 5.0
    assert seconds - [0.0, *times][-1] <= 5.0


def test_a_trial_that_trains_long(listener, beat_for, clock):
    listener.on_stage("coarse", 4, 0)
    listener.on_step("training")
    clock.now += 2.0
    listener.on_epoch("coarse", 1, 0, 10, 0.5)
    (_, line), *_ = beat_for(5.0)
    where = "coarse, trial 1: epoch 1 of 10"
    assert line == f"  … still: {where} (0 of 4 trials done, about 76 s left)"
    listener.on_trial(TrialRecord("coarse", 1, {}, "completed", 0.5))
    assert not beat_for(4.0)  # a line was just written


def test_it_beats_while_it_is_busy_and_no_longer(capsys):
    seen = threading.Event()

    class Told(PlainProgress):
        def beat(self):
            seen.set()

    listener = Told(ACCURACY)
    with listener.busy():
        with listener.busy():
            pass
        assert _beating()
        assert seen.wait(5.0)
    assert not _beating()
    with listener.busy():  # once more
        assert _beating()
    assert not _beating()


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_ends_it(error):
    listener = PlainProgress(ACCURACY)
    with pytest.raises(error), listener.busy():
        raise error
    assert not _beating()


def test_a_closed_screen_ends_it_without_a_word(monkeypatch, capfd):
    closed = io.StringIO()
    closed.close()
    listener = PlainProgress(ACCURACY, clock=iter(range(0, 10_000, 100)).__next__)
    monkeypatch.setattr(sys, "stdout", closed)
    with listener.busy():
        (thread,) = _beating()
        thread.join(5.0)
        assert not thread.is_alive()
    assert capfd.readouterr().err == ""


def test_lines_of_two_threads_do_not_mix(monkeypatch):
    pieces = []

    class Slow(io.StringIO):
        def write(self, text):
            pieces.append(text)
            time.sleep(0.0005)
            return len(text)

    monkeypatch.setattr(sys, "stdout", Slow())
    # A clock that runs makes every beat write.
    listener = PlainProgress(ACCURACY, clock=iter(range(0, 10**6, 100)).__next__)
    stop = threading.Event()

    def beat():
        while not stop.is_set():
            listener.beat()

    thread = threading.Thread(target=beat)
    thread.start()
    for number in range(50):
        listener.on_note(f"note {number}")
    stop.set()
    thread.join()
    assert any("still" in piece for piece in pieces)
    assert all(piece.endswith("\n") and piece.count("\n") == 1 for piece in pieces)


def test_silence_has_no_thread():
    with Listener().busy():
        assert not _beating()
