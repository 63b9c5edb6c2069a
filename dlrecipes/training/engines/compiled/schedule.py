"""What an engine has begun and not finished, and which trials are trained together next."""

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

# Of a part so many times smaller than one in training, most rows would be empty.
_FEW = 2
# Trials a worker that take turns, and the memory that their states may fill.
_TURNS, _WAITING_BYTES = 4, 2**30


def next_group(
    waiting: Sequence[Trial],
    running: Sequence[Sequence[Trial]],
    *,
    more: bool,
    later: bool = False,
    turns: int | None = None,
) -> list[Trial]:
    """Return the trials to train next.

    A full group comes first, the one that is furthest, so that trials end before others begin.
    With no full group there should be more trials; only when there are none, a part of a group
    is trained. If others come in the place of those that end, it is the largest part: a few that
    were added wait for more company, as empty rows cost as much as full ones. In the end it is the
    least advanced part, which may catch up with others on its way.

    Args:
        waiting: Trials between two epochs.
        running: The groups in training.
        more: Whether new trials can still be added now.
        later: Whether others can be added once some of these have ended.
        turns: How many of the trials that train one at a time may take turns, so that they can
            be compared at the same epoch; None if each should train to its end.

    Returns:
        The group; empty if it is better to wait, or to add trials.
    """
    cohorts: dict[tuple[int, int, int], list[Trial]] = {}
    for trial in waiting:
        cohorts.setdefault(trial.cohort, []).append(trial)
    full = [cohort for cohort in cohorts.values() if len(cohort) >= cohort[0].program.width]
    if full and turns is not None and all(group[0].program.width == 1 for group in full):
        return _in_turn([group[0] for group in full], waiting, running, turns, more=more)
    if full:
        group = max(full, key=lambda group: group[0].epoch)
        return group[: group[0].program.width]
    if more or not cohorts:
        return []
    if later:
        group = max(cohorts.values(), key=lambda group: (len(group), -group[0].epoch))
        beside = max((len(others) for others in running), default=0)
        return [] if _FEW * len(group) < beside else group
    group = min(cohorts.values(), key=lambda group: group[0].epoch)
    first = group[0]
    behind = [
        group[0]
        for group in running
        if group[0].cohort[:2] == first.cohort[:2] and group[0].epoch < first.epoch
    ]
    return [] if behind else group


def _in_turn(
    singles: Sequence[Trial],
    waiting: Sequence[Trial],
    running: Sequence[Sequence[Trial]],
    turns: int,
    *,
    more: bool,
) -> list[Trial]:
    """Return the least advanced trial, new ones first while they may still begin."""
    begun = sum(trial.epoch > 0 and trial.program.width == 1 for trial in waiting)
    begun += sum(trial.program.width == 1 for group in running for trial in group)
    if begun >= turns:
        return [min((trial for trial in singles if trial.epoch > 0), key=lambda trial: trial.epoch)]
    first = min(singles, key=lambda trial: trial.epoch)
    return [] if more and first.epoch > 0 else [first]


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
        drawn: Jobs of which no model has been built.
        arrived: Jobs without a program: structures are compiled one after another, when nothing
            else can be trained.
        waiting: Trials between two epochs.
        running: Groups in training, in the order of their beginning.
    """

    drawn: deque[Job] = field(default_factory=deque)
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
        arrived = sum(len(arrivals.jobs) for arrivals in self.arrived)
        return len(self.drawn) + arrived + len(self.waiting) + sum(map(len, self.groups))

    def turns(self, workers: int) -> int:
        """Return how many trials may take turns; the states of those that wait fill memory.

        Args:
            workers: Groups that train at the same time.
        """
        blueprints = [arrivals.blueprint for arrivals in self.arrived]
        blueprints += [trial.blueprint for group in (self.waiting, *self.groups) for trial in group]
        # Weights, and what an optimizer such as Adam keeps of each.
        largest = max((12 * blueprint.parameters for blueprint in blueprints), default=1)
        return max(workers, min(_TURNS * workers, _WAITING_BYTES // max(largest, 1)))


def by_structure(found: Sequence[tuple[Job, Blueprint]], remaining: int) -> list[Arrivals]:
    """Return jobs by structure.

    Args:
        found: Jobs that came together, with their structures.
        remaining: How many are still to come; they are expected to be like these, but of a
            structure that only one of these has there may be no other.
    """
    # Of one graph, too, those that were not examined hold their numbers themselves.
    alike: dict[tuple[str, tuple[float, ...]], list[Job]] = {}
    blueprints: dict[tuple[str, tuple[float, ...]], Blueprint] = {}
    for job, blueprint in found:
        place = (blueprint.key, blueprint.given)
        blueprints[place] = blueprint
        alike.setdefault(place, []).append(job)
    return [
        Arrivals(
            blueprints[place],
            tuple(jobs),
            _work(blueprints[place], jobs, len(found), remaining),
        )
        for place, jobs in alike.items()
    ]


def _work(blueprint: Blueprint, jobs: Sequence[Job], found: int, remaining: int) -> Workload:
    trials = len(jobs)
    if blueprint.examined:
        trials = trials * (found + remaining) // found
    return Workload(trials, max(job.epochs for job in jobs), beside=found + remaining - trials)
