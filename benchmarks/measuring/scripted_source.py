"""Jobs for an engine without a study behind them."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import keras_tuner

from dlrecipes.results import Value
from dlrecipes.search import discover_space
from dlrecipes.training.job import Job, Report
from dlrecipes.training.outcome import Outcome
from measuring.tasks import Build

_SHARED_SEED = 1


class ScriptedSource:
    """Hands out given jobs and keeps their outcomes.

    Args:
        jobs: The jobs.
        one_epoch: Whether each training is pruned after its first epoch.
    """

    def __init__(self, jobs: Sequence[Job], *, one_epoch: bool = False) -> None:
        self._jobs = list(jobs)
        self._one_epoch = one_epoch
        self.parallel = len(jobs)
        self.compares = False
        self.finished: list[tuple[Job, Outcome]] = []

    @property
    def outcomes(self) -> list[Outcome]:
        """How the trainings ended, in the order of their ends."""
        return [outcome for _, outcome in self.finished]

    @property
    def remaining(self) -> int:
        """How many jobs are not handed out yet."""
        return len(self._jobs)

    def next_jobs(self, limit: int) -> list[Job]:
        """Return the next jobs, at most `limit`."""
        handed_out, self._jobs = self._jobs[:limit], self._jobs[limit:]
        return handed_out

    def report(self, reports: Sequence[Report]) -> set[int]:
        """Let all trainings go on, or none."""
        return {one.job.number for one in reports} if self._one_epoch else set()

    def finish(self, ended: Sequence[tuple[Job, Outcome]]) -> None:
        """Keep the outcomes."""
        self.finished += ended

    @property
    def engines(self) -> set[str]:
        """The engines that really trained."""
        return {outcome.engine for outcome in self.outcomes}

    @property
    def error(self) -> str:
        """Why the first failed training failed; empty if none did."""
        return next((one.error or one.status for one in self.outcomes if not one.history), "")


def make_jobs(
    build: Build, values: Sequence[dict[str, Value]], *, epochs: int, batch_size: int, seed: int = 0
) -> list[Job]:
    """Return a job for each set of values.

    Args:
        build: The builder.
        values: Values of all hyperparameters, for each job.
        epochs: Epochs of each.
        batch_size: Examples a batch.
        seed: Of initial weights, order and masks.
    """
    space = discover_space(build)

    def rebuild(given: dict[str, Value]) -> keras.Model:
        hp = keras_tuner.HyperParameters()
        hp.values = dict(given)
        return build(hp)

    return [
        Job(
            number=number,
            values=given,
            build=lambda given=given: rebuild(given),
            seed=seed + number,
            epochs=epochs,
            batch_size=batch_size,
            rebuild=rebuild,
            space=space,
            shared_seed=_SHARED_SEED + seed,
        )
        for number, given in enumerate(values)
    ]
