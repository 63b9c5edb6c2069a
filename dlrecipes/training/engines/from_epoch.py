"""A source for a training that begins again."""

from __future__ import annotations

from collections.abc import Sequence

from dlrecipes.training.job import Job
from dlrecipes.training.job_source import JobSource, Report
from dlrecipes.training.outcome import Outcome


class FromEpoch:
    """Passes on what a training that began again reports, once it is where it was before.

    Reported twice, an epoch would be judged twice, by scores of two different trainings.

    Args:
        source: Where the job is from.
        epoch: The first epoch that was not reported yet.
    """

    def __init__(self, source: JobSource, epoch: int) -> None:
        self._source = source
        self._epoch = epoch

    @property
    def parallel(self) -> int:
        """How many jobs should be in flight at most."""
        return self._source.parallel

    @property
    def compares(self) -> bool:
        """Whether jobs in flight should advance together."""
        return self._source.compares

    @property
    def remaining(self) -> int:
        """How many jobs are not handed out yet."""
        return self._source.remaining

    def next_jobs(self, limit: int) -> list[Job]:
        """Return the next trainings to be done."""
        return self._source.next_jobs(limit)

    def report(self, reports: Sequence[Report]) -> set[int]:
        """Pass on the reports of epochs that are new."""
        new = [one for one in reports if one.epoch >= self._epoch]
        return self._source.report(new) if new else set()

    def finish(self, ended: Sequence[tuple[Job, Outcome]]) -> None:
        """Pass on how trainings ended."""
        self._source.finish(ended)
