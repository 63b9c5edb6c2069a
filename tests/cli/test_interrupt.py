"""Ctrl-C: at the next epoch during a training, at once otherwise and the second time."""

import signal
from inspect import signature
from unittest.mock import create_autospec

import pytest

from dlrecipes.cli.interrupt import Interruptible
from dlrecipes.results import TrialRecord
from dlrecipes.search import Listener


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
