"""Ctrl-C that is neither lost nor strikes in the middle of something."""

from __future__ import annotations

import os
import signal
from contextlib import AbstractContextManager
from pathlib import Path
from types import FrameType, TracebackType

from dlrecipes.results import Finding, TrialRecord
from dlrecipes.search import Listener

_STDERR = 2
_HEARD = b"Ctrl-C: the search ends with this epoch; once more ends it at once.\n"


class Interruptible(Listener):
    """Passes everything on, and turns Ctrl-C during a training into an end at its next epoch.

    Only the last words are not passed on: the command has its own.

    Where Python raises `KeyboardInterrupt` by itself, that is often a weak reference's callback
    in the middle of a training step, where it is printed and lost. Ctrl-C outside trainings,
    and the second one, strike at once.

    Args:
        inner: Hears of everything.
    """

    def __init__(self, inner: Listener) -> None:
        self._inner = inner
        self._training = False
        self._pressed = False

    def __enter__(self) -> Interruptible:
        self._before = signal.signal(signal.SIGINT, self._press)
        self._inner.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        signal.signal(signal.SIGINT, self._before)
        self._inner.__exit__(kind, error, traceback)

    def _press(self, number: int, frame: FrameType | None) -> None:
        if self._pressed or not self._training:
            raise KeyboardInterrupt
        self._pressed = True
        # Not by the streams of Python, which may be in the middle of a line.
        os.write(_STDERR, _HEARD)

    def _check(self) -> None:
        if self._pressed:
            raise KeyboardInterrupt

    def on_run(self, directory: Path) -> None:
        super().on_run(directory)
        self._inner.on_run(directory)

    def on_phase(self, name: str) -> None:
        self._check()
        super().on_phase(name)
        self._training = False
        self._inner.on_phase(name)

    def on_stage(self, name: str, trials: int, done: int) -> None:
        self._check()
        self._training = True
        self._inner.on_stage(name, trials, done)

    def on_epoch(self, stage: str, trial: int, epoch: int, epochs: int, best: float) -> None:
        self._inner.on_epoch(stage, trial, epoch, epochs, best)
        self._check()

    def on_trial(self, record: TrialRecord) -> None:
        self._inner.on_trial(record)
        self._check()

    def on_finding(self, finding: Finding) -> None:
        self._inner.on_finding(finding)

    def on_note(self, line: str) -> None:
        self._inner.on_note(line)

    def on_step(self, name: str) -> None:
        self._inner.on_step(name)

    def on_limit(self, seconds: float) -> None:
        self._inner.on_limit(seconds)

    def busy(self) -> AbstractContextManager[None]:
        return self._inner.busy()
