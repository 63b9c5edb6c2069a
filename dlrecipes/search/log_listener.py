"""A listener that writes to the run's log and passes everything on."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from dlrecipes.results import Finding, TrialRecord, plural
from dlrecipes.search.activity import lasted
from dlrecipes.search.listener import Listener


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
