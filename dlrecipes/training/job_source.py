"""Where an engine gets its work from and reports to."""

from __future__ import annotations

from typing import Protocol

from dlrecipes.training.job import Job
from dlrecipes.training.outcome import Outcome


class JobSource(Protocol):
    """Where an engine gets its work from and reports to.

    The engine pulls, so that one which trains many members side by side can fill a slot
    whenever it falls free, and one which trains a single model asks when that is done.
    """

    def next_job(self) -> Job | None:
        """Return the next training to be done, or None when there is no more."""
        ...

    def report(self, job: Job, epoch: int, best: float) -> bool:
        """Take the running best score after an epoch and return whether to stop (prune).

        Args:
            job: The training.
            epoch: The epoch that ended, from 0.
            best: The best finite score so far.
        """
        ...

    def finish(self, job: Job, outcome: Outcome) -> None:
        """Take the outcome of a training that ended."""
        ...
