"""Where an engine gets its work from and reports to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from dlrecipes.training.job import Job
from dlrecipes.training.outcome import Outcome


@dataclass(frozen=True)
class Report:
    """What a training reached after one of its epochs.

    Args:
        job: The training.
        epoch: The epoch that ended, from 0.
        best: The best finite score so far.
    """

    job: Job
    epoch: int
    best: float


class JobSource(Protocol):
    """Where an engine gets its work from and reports to.

    The engine pulls, so that one which trains many members side by side can fill a slot
    whenever it falls free, and one which trains a single model asks when that is done.
    """

    @property
    def parallel(self) -> int:
        """How many jobs should be in flight at most.

        Whoever proposes from what is known so far proposes blindly beyond that.
        """
        ...

    @property
    def compares(self) -> bool:
        """Whether trainings in flight should advance together, to be compared early.

        More than can run at once are then begun, and take turns. Otherwise each should end soon.
        """
        ...

    @property
    def remaining(self) -> int:
        """How many jobs are not handed out yet."""
        ...

    def next_jobs(self, limit: int) -> list[Job]:
        """Return the next trainings to be done.

        Args:
            limit: How many at most, at least 1; fewer or none come when there are no more.
        """
        ...

    def report(self, reports: Sequence[Report]) -> set[int]:
        """Take running best scores and return the numbers of the trials to stop (prune).

        All are taken before any is judged, so that members that reach a rung together are
        compared with each other.

        Args:
            reports: Of any number of trainings; several of one in the order of its epochs.
        """
        ...

    def finish(self, ended: Sequence[tuple[Job, Outcome]]) -> None:
        """Take the outcomes of trainings that ended.

        All are stored for good before the first of them is announced.

        Args:
            ended: Trainings with their outcomes, each training once.
        """
        ...
