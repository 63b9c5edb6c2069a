"""Progress as plain lines, also while a training says nothing."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Event, RLock, Thread
from types import TracebackType

from dlrecipes.results import Finding, Objective, TrialRecord, plural, score_text
from dlrecipes.search.activity import Activity, lasted, of_search
from dlrecipes.search.listener import Listener

# A step that takes longer is told, and nothing is silent for five seconds.
_LONG_SECONDS, _SILENT_SECONDS = 1.0, 4.4


class PlainProgress(Listener):
    """Writes a line a phase, a stage, a trial and a warning; and, while it is busy, of long steps.

    Args:
        objective: What is better, for the best so far.
        clock: Returns seconds.
    """

    def __init__(self, objective: Objective, clock: Callable[[], float] = time.monotonic) -> None:
        self._objective = objective
        self._best: float | None = None
        self._clock = clock
        self._activity = Activity(clock)
        self._said = clock()
        self._told = ""
        self._lock = RLock()
        self._heartbeat = Heartbeat(self.beat)

    def _write(self, line: str) -> None:
        with self._lock:
            # One piece: another thread's line never begins inside it.
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
            self._said = self._clock()

    def busy(self) -> AbstractContextManager[None]:
        return self._heartbeat

    def beat(self) -> None:
        """Say what takes long, if nobody has said anything for a while."""
        with self._lock:
            step = self._activity.step
            if step and step != self._told and self._activity.step_seconds >= _LONG_SECONDS:
                self._told = step
                self._write(f"  {step} …")
            elif self._clock() - self._said >= _SILENT_SECONDS:
                self._write(f"  … still: {self._activity.describe()}")

    def on_run(self, directory: Path) -> None:
        super().on_run(directory)
        self._write(f"run directory: {directory}")

    def on_note(self, line: str) -> None:
        self._write(f"  {line}")

    def on_phase(self, name: str) -> None:
        with self._lock:
            self._activity.begin_phase(name)
            self._told = ""
            self._write(f"{name} …")

    def on_step(self, name: str) -> None:
        with self._lock:
            self._activity.begin_step(name)
            self._told = ""

    def on_end(self, lines: Sequence[str]) -> None:
        for line in lines:
            self._write(line)

    def on_limit(self, seconds: float) -> None:
        with self._lock:
            self._activity.limit(seconds)

    def on_stage(self, name: str, trials: int, done: int) -> None:
        with self._lock:
            self._activity.begin_stage(name, trials, done)
            before = f", {done} done before" if done else ""
            better = "lower" if self._objective.direction == "min" else "higher"
            self._write(
                f"stage {name}: {plural(trials, 'trial')}{before}, scored by "
                f"{self._objective.name}, {better} is better"
            )

    def on_epoch(self, stage: str, trial: int, epoch: int, epochs: int, best: float) -> None:
        with self._lock:
            self._activity.end_epoch(trial, epoch, epochs)

    def on_trial(self, record: TrialRecord) -> None:
        searched = of_search(record.stage)
        if record.status in ("completed", "pruned") and record.score is not None and searched:
            better = self._best is None or self._objective.better(record.score, self._best)
            self._best = record.score if better else self._best
        score = "-" if record.score is None else f"{score_text(record.score)}{record.parts}"
        # What the search has found is no measure of what is trained again.
        best = "" if self._best is None or not searched else f", best {score_text(self._best)}"
        error = f" ({record.error})" if record.error else ""
        with self._lock:
            self._activity.end_trial(record.number)
            self._write(
                f"  {record.stage} trial {record.number} {record.status} {score} in "
                f"{lasted(record.seconds)}{best} ({self._activity.progress} done){error}"
            )

    def on_finding(self, finding: Finding) -> None:
        if finding.severity != "info" or finding.action is not None:
            self._write(f"  {finding.severity}: {finding.verdict} {finding.advice}".rstrip())


class Heartbeat:
    """Calls a function every half second as long as a block lasts, however the block ends.

    Blocks may lie in each other. Of threads that train, each lets the others run: TensorFlow
    and scikit-learn do not hold Python's lock while they compute or compile.

    Args:
        beat: What is called, in a thread of its own.
        every: Seconds between two calls.
    """

    def __init__(self, beat: Callable[[], None], every: float = 0.5) -> None:
        self._beat = beat
        self._every = every
        self._depth = 0
        self._stop = Event()
        self._thread: Thread | None = None

    def __enter__(self) -> None:
        self._depth += 1
        if self._depth == 1:
            self._stop = Event()
            # Nobody waits for it at the end of the process.
            self._thread = Thread(
                target=self._go_on, args=(self._stop,), name="dlrecipes-heartbeat", daemon=True
            )
            self._thread.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._depth -= 1
        if self._depth == 0 and self._thread is not None:
            self._stop.set()
            self._thread.join()
            self._thread = None

    def _go_on(self, stop: Event) -> None:
        while not stop.wait(self._every):
            try:
                self._beat()
            except (OSError, ValueError):  # the screen is closed; who writes next says so
                return
