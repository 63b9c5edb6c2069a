"""Who hears of a run on the command line: a live display, plain lines, and Ctrl-C."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from time import monotonic
from types import FrameType, TracebackType
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from dlrecipes.results import Finding, Objective, TrialRecord, score_text
from dlrecipes.search import Activity, Listener, of_search

if TYPE_CHECKING:
    from dlrecipes.recipe import Recipe

_STATUSES = ("completed", "pruned", "diverged", "failed")
_STDERR = 2
_HEARD = b"Ctrl-C: the search ends with this epoch; once more ends it at once.\n"


def make_listener(recipe: Recipe, *, json: bool) -> Listener:
    """Return the listener for this output: nothing, a live display, or plain lines."""
    from dlrecipes.results import Objective
    from dlrecipes.search import Listener, PlainProgress

    objective, console = Objective.parse(recipe.objective), Console()
    if json:
        return Interruptible(Listener())
    live = console.is_terminal
    return Interruptible(LiveProgress(objective, console) if live else PlainProgress(objective))


class LiveProgress(Listener):
    """Shows stage, trials by outcome, best so far and time left, redrawn in place.

    Args:
        objective: What is better.
        console: Where to draw.
        clock: Returns seconds.
    """

    def __init__(
        self, objective: Objective, console: Console, clock: Callable[[], float] = monotonic
    ) -> None:
        self._objective = objective
        self._console = console
        self._bar = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[count]}"),
            TextColumn("{task.fields[left]}"),
            TimeElapsedColumn(),
            console=console,
        )
        self._task = self._bar.add_task("starting", total=None, left="", count="")
        self._counts = dict.fromkeys(_STATUSES, 0)
        self._best: TrialRecord | None = None
        self._score = ""
        self._activity = Activity(clock)
        self._live = Live(self, console=console, refresh_per_second=4, transient=True)

    def __enter__(self) -> LiveProgress:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._live.stop()

    def __rich__(self) -> Group:
        task = self._bar.tasks[0]
        # A phase without trials counts nothing.
        count = "" if task.total is None else f"{task.completed:.0f}/{task.total:.0f}"
        self._bar.update(self._task, left=self._activity.left, count=count)
        grid = Table.grid(padding=(0, 2))
        counts = ", ".join(f"{number} {name}" for name, number in self._counts.items() if number)
        grid.add_row("trials", counts or "none yet")
        if self._best is not None and self._best.score is not None:
            values = ", ".join(_short(name, value) for name, value in self._best.values.items())
            grid.add_row(
                "best so far",
                f"{self._objective.name} {score_text(self._best.score)}{self._best.parts}"
                f"  ({values})",
            )
        grid.add_row("now", Text(self._activity.doing + self._score))
        return Group(self._bar, grid)

    def on_run(self, directory: Path) -> None:
        super().on_run(directory)
        self._console.print(Text("run directory: ") + Text(str(directory), style="bold"))

    def on_phase(self, name: str) -> None:
        self._bar.update(self._task, description=name, completed=0)
        self._bar.tasks[0].total = None  # `update` takes None for "as it was"
        self._activity.begin_phase(name)
        self._score = ""

    def on_stage(self, name: str, trials: int, done: int) -> None:
        self._bar.reset(self._task, description=name, total=trials, completed=done)
        self._activity.begin_stage(name, trials, done)
        self._score = ""

    def on_step(self, name: str) -> None:
        self._activity.begin_step(name)
        self._score = ""

    def on_limit(self, seconds: float) -> None:
        self._activity.limit(seconds)

    def on_epoch(self, stage: str, trial: int, epoch: int, epochs: int, best: float) -> None:
        self._activity.end_epoch(trial, epoch, epochs)
        self._score = f", {score_text(best)}"

    def on_trial(self, record: TrialRecord) -> None:
        searched = of_search(record.stage)
        self._counts[record.status] += searched
        if record.status in ("completed", "pruned") and record.score is not None and searched:
            known = None if self._best is None else self._best.score
            if known is None or self._objective.better(record.score, known):
                self._best = record
        self._bar.advance(self._task)
        self._activity.end_trial(record.number)

    def on_note(self, line: str) -> None:
        self._console.print(Text(line, style="dim"))

    def on_finding(self, finding: Finding) -> None:
        if finding.severity != "info" or finding.action is not None:
            colour = {"error": "red", "warning": "yellow"}.get(finding.severity, "cyan")
            self._console.print(
                Text(f"{finding.severity}: ", style=colour)
                + Text(f"{finding.verdict} {finding.advice}", style="none")
            )


def _short(name: str, value: float | int | str | bool | None) -> str:
    return f"{name}={value:.3g}" if isinstance(value, float) else f"{name}={value}"


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
