"""Who wants to know how a search goes on; the run's log is one of them."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import TracebackType

from dlrecipes.results import Finding, TrialRecord, plural
from dlrecipes.search.activity import lasted


class Listener:
    """Hears of everything that happens in a search; this one only remembers where and when.

    Attributes:
        directory: The run directory, once there is one.
        phases: The phases so far, and when each began, in seconds of `time.monotonic`.
    """

    directory: Path | None = None
    phases: tuple[tuple[str, float], ...] = ()

    def __enter__(self) -> Listener:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End whatever the listener shows."""

    def on_run(self, directory: Path) -> None:
        """Hear where the run keeps its files."""
        self.directory = directory

    def on_stage(self, name: str, trials: int, done: int) -> None:
        """Hear that a stage begins.

        Args:
            name: Its name.
            trials: Its trials.
            done: How many of them are finished already, in a resumed run.
        """

    def on_epoch(self, stage: str, trial: int, epoch: int, epochs: int, best: float) -> None:
        """Hear that an epoch ended.

        Args:
            stage: The stage's name.
            trial: The trial's number in the stage, from 0.
            epoch: The epoch, from 0.
            epochs: Epochs of the trial.
            best: The trial's best score so far.
        """

    def on_trial(self, record: TrialRecord) -> None:
        """Hear that a trial is finished and stored."""

    def on_finding(self, finding: Finding) -> None:
        """Hear what was noticed."""

    def on_note(self, line: str) -> None:
        """Hear what else is worth a line, such as why an engine cannot train a model."""

    def on_phase(self, name: str) -> None:
        """Hear that the procedure goes on to another phase, such as `"baselines"`."""
        self.phases = (*self.phases, (name, time.monotonic()))

    def on_step(self, name: str) -> None:
        """Hear what a phase is doing now, such as `"boosted trees"`, for whoever waits."""

    def on_end(self, lines: Sequence[str]) -> None:
        """Hear how the run ended, in sentences."""

    def on_limit(self, seconds: float) -> None:
        """Hear what time this phase may take from now on."""

    def busy(self) -> AbstractContextManager[None]:
        """Return a context in which work goes on: whoever waits is told so from time to time.

        It may be entered inside another one; when the last ends, nothing runs any more.
        """
        return nullcontext()


class LogListener(Listener):
    """Writes what happens to a log and passes it on to another listener.

    Args:
        log: The run's logger.
        inner: Hears the same.
    """

    def __init__(self, log: logging.Logger, inner: Listener) -> None:
        self._log = log
        self._inner = inner

    def on_run(self, directory: Path) -> None:
        self._log.info("run %s", directory)
        self._inner.on_run(directory)

    def on_stage(self, name: str, trials: int, done: int) -> None:
        self._log.info("stage %s: %s, %d of them done", name, plural(trials, "trial"), done)
        self._inner.on_stage(name, trials, done)

    def on_epoch(self, stage: str, trial: int, epoch: int, epochs: int, best: float) -> None:
        self._inner.on_epoch(stage, trial, epoch, epochs, best)

    def on_trial(self, record: TrialRecord) -> None:
        values = ", ".join(
            f"{name}={value:.4g}" if isinstance(value, float) else f"{name}={value}"
            for name, value in record.values.items()
        )
        score = "no score" if record.score is None else f"{record.score:.6g}{record.parts}"
        self._log.info(
            "%s trial %d %s: %s after %s, %s (%s) %s",
            record.stage,
            record.number,
            record.status,
            score,
            plural(record.epochs, "epoch"),
            lasted(record.seconds),
            values,
            record.error,
        )
        self._inner.on_trial(record)

    def on_finding(self, finding: Finding) -> None:
        self._log.info("%s: %s %s", finding.name, finding.verdict, finding.advice)
        self._inner.on_finding(finding)

    def on_note(self, line: str) -> None:
        self._log.info("%s", line)
        self._inner.on_note(line)

    def on_phase(self, name: str) -> None:
        self._log.info("phase %s", name)
        self._inner.on_phase(name)

    def on_step(self, name: str) -> None:
        self._log.info("step %s", name)
        self._inner.on_step(name)

    def on_end(self, lines: Sequence[str]) -> None:
        for line in lines:
            self._log.info("%s", line)
        self._inner.on_end(lines)

    def on_limit(self, seconds: float) -> None:
        self._log.info("this phase may take %.0f s", seconds)
        self._inner.on_limit(seconds)

    def busy(self) -> AbstractContextManager[None]:
        return self._inner.busy()
