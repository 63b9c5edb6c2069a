"""What an engine has begun and not finished."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from dlrecipes.training.engines.compiled.blueprint import Blueprint
from dlrecipes.training.engines.compiled.group import Epoch, Group
from dlrecipes.training.engines.compiled.trial import Trial
from dlrecipes.training.engines.compiled.workload import Workload
from dlrecipes.training.job import Job

# Trials a worker that take turns, and the memory that their states may fill.
_TURNS, _WAITING_BYTES = 4, 2**30


@dataclass(frozen=True)
class Arrivals:
    """Jobs of one structure that came together and have no program yet.

    Args:
        blueprint: The structure.
        jobs: The jobs.
        work: What is expected to be trained of it, these included.
    """

    blueprint: Blueprint
    jobs: tuple[Job, ...]
    work: Workload


@dataclass
class InFlight:
    """What an engine has begun and not finished.

    Args:
        arrived: Jobs without a program: structures are compiled one after another, when nothing
            else can be trained.
        waiting: Trials between two epochs.
        running: Groups in training, in the order of their beginning.
    """

    arrived: deque[Arrivals] = field(default_factory=deque)
    waiting: list[Trial] = field(default_factory=list)
    running: deque[tuple[Group, Future[Epoch]]] = field(default_factory=deque)

    @property
    def groups(self) -> list[list[Trial]]:
        """The groups in training."""
        return [group.trials for group, _ in self.running]

    @property
    def count(self) -> int:
        """Number of jobs in flight."""
        arrived = sum(len(one.jobs) for one in self.arrived)
        return arrived + len(self.waiting) + sum(map(len, self.groups))

    def turns(self, workers: int) -> int:
        """Return how many trials may take turns; the states of those that wait fill memory.

        Args:
            workers: Groups that train at the same time.
        """
        blueprints = [one.blueprint for one in self.arrived]
        blueprints += [one.blueprint for group in (self.waiting, *self.groups) for one in group]
        # Weights, and what an optimizer such as Adam keeps of each.
        largest = max((12 * one.parameters for one in blueprints), default=1)
        return max(workers, min(_TURNS * workers, _WAITING_BYTES // max(largest, 1)))


def by_structure(found: Sequence[tuple[Job, Blueprint]], remaining: int) -> list[Arrivals]:
    """Return jobs by structure.

    Args:
        found: Jobs that came together, with their structures.
        remaining: How many are still to come; they are expected to be like these.
    """
    alike: dict[str, list[Job]] = {}
    for job, blueprint in found:
        alike.setdefault(blueprint.key, []).append(job)
    blueprints = {blueprint.key: blueprint for _, blueprint in found}
    return [
        Arrivals(
            blueprints[key],
            tuple(jobs),
            Workload(
                trials=len(jobs) * (len(found) + remaining) // len(found),
                epochs=max(job.epochs for job in jobs),
            ),
        )
        for key, jobs in alike.items()
    ]
