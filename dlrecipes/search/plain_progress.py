"""Progress as plain lines."""

from __future__ import annotations

from pathlib import Path

from dlrecipes.results import Finding, Objective, TrialRecord
from dlrecipes.search.listener import Listener


class PlainProgress(Listener):
    """Writes a line a phase, a stage, a trial and a warning.

    Args:
        objective: What is better, for the best so far.
    """

    def __init__(self, objective: Objective) -> None:
        self._objective = objective
        self._best: float | None = None
        self._total = 0

    def _write(self, line: str) -> None:
        print(line, flush=True)

    def on_run(self, directory: Path) -> None:
        super().on_run(directory)
        self._write(f"run directory: {directory}")

    def on_note(self, line: str) -> None:
        self._write(f"  {line}")

    def on_phase(self, name: str) -> None:
        self._write(f"{name} …")

    def on_stage(self, name: str, trials: int, done: int) -> None:
        self._total = trials
        self._write(f"stage {name}: {trials} trials" + (f", {done} done before" if done else ""))

    def on_trial(self, record: TrialRecord) -> None:
        refit = record.stage.startswith("refit")
        if record.status in ("completed", "pruned") and record.score is not None and not refit:
            better = self._best is None or self._objective.better(record.score, self._best)
            self._best = record.score if better else self._best
        score = "-" if record.score is None else f"{record.score:.4f}{record.parts}"
        best = "-" if self._best is None else f"{self._best:.4f}"
        error = f" ({record.error})" if record.error else ""
        self._write(
            f"  {record.stage} {record.number + 1}/{self._total} {record.status} {score} "
            f"in {record.seconds:.1f} s, best {best}{error}"
        )

    def on_finding(self, finding: Finding) -> None:
        if finding.severity != "info" or finding.action is not None:
            self._write(f"  {finding.severity}: {finding.verdict} {finding.advice}".rstrip())
