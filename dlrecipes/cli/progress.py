"""Progress on a terminal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import monotonic
from types import TracebackType

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from dlrecipes.results import Finding, Objective, TrialRecord, score_text
from dlrecipes.search import Activity, Listener, of_search

_STATUSES = ("completed", "pruned", "diverged", "failed")


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
            colour = "yellow" if finding.severity == "warning" else "cyan"
            self._console.print(
                Text(f"{finding.severity}: ", style=colour)
                + Text(f"{finding.verdict} {finding.advice}", style="none")
            )


def _short(name: str, value: float | int | str | bool | None) -> str:
    return f"{name}={value:.3g}" if isinstance(value, float) else f"{name}={value}"
