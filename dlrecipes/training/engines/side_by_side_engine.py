"""The engine that trains many trials with compiled programs."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from threading import Event

import tensorflow as tf

from dlrecipes.data import Development
from dlrecipes.results import EngineChoice, Objective
from dlrecipes.training.best_epoch import BestEpoch
from dlrecipes.training.engines.compiled.blueprint import Blueprint, Blueprints
from dlrecipes.training.engines.compiled.choose_program import (
    ProgramChooser,
    Workload,
    count_workers,
)
from dlrecipes.training.engines.compiled.device_data import DeviceData
from dlrecipes.training.engines.compiled.group import Epoch, Group
from dlrecipes.training.engines.compiled.member import State
from dlrecipes.training.engines.compiled.narrower import program_for
from dlrecipes.training.engines.compiled.program import Program
from dlrecipes.training.engines.compiled.schedule import next_group
from dlrecipes.training.engines.compiled.trial import Place, Trial
from dlrecipes.training.engines.compiled.unsupported import Unsupported
from dlrecipes.training.engines.fit_engine import FitEngine
from dlrecipes.training.engines.from_epoch import FromEpoch
from dlrecipes.training.headline import headline
from dlrecipes.training.job import Job
from dlrecipes.training.job_source import JobSource, Report
from dlrecipes.training.precision import dtype_policy
from dlrecipes.training.seeds import derive_seed

# Different initial weights among the trials of a study.
_INITIAL_WEIGHTS = 4
# Trials in flight for each that a call trains: those between the rungs of successive halving
# wait until there are enough of them for a full group.
_IN_FLIGHT = 6
_MEMBERS_AT_FIRST = 32
# Trials a worker that take turns, and the memory that their states may fill.
_TURNS, _WAITING_BYTES = 4, 2**30
# A program takes 9 to 40 MB; of structures that come once, the last ones are kept.
_PROGRAMS_KEPT = 32


class SideBySideEngine:
    """Trains trials of one structure side by side in one program that is compiled once.

    Members of a group share batches and masks, which makes their comparison fairer (common
    random numbers), and each has its own values of whatever needs no new graph. A member's
    result depends on its own values and seeds only: not on its place in the group, on the
    others, or on when it began. What no program can train is handed to `fit`, with one line
    that says why. All jobs must come from one builder.

    Args:
        name: `"population"`, `"resident"`, or `"auto"` to choose for each structure by timing.
        development: Train and validation data.
        objective: What is better, and by which entry of the logs.
        policy: The dtype policy.
        choices: Choices of an earlier part of the same run, which are kept.
        on_choice: Hears of every choice.
        log: Takes one line for each structure that falls back to `fit`.
    """

    def __init__(
        self,
        name: str,
        development: Development,
        objective: Objective,
        policy: str,
        *,
        choices: Sequence[EngineChoice] = (),
        on_choice: Callable[[EngineChoice], None] = lambda choice: None,
        log: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.name = name
        self._objective = objective
        self._policy = policy
        self._on_choice = on_choice
        self._log = log
        self._fit = FitEngine(development, objective, policy)
        self._workers = count_workers()
        train, validation = DeviceData.of(development.train), DeviceData.of(development.validation)
        self._chooser = ProgramChooser(name, train, validation, self._workers, choices)
        self._blueprints = Blueprints(development, policy)
        self._programs: OrderedDict[tuple[str, bool], Program] = OrderedDict()
        self._given_up: dict[str, str] = {}
        self._explained: set[str] = set()
        self._recorded = list(choices)

    def run(self, source: JobSource) -> None:
        """Train the source's jobs."""
        stop = Event()
        with ThreadPoolExecutor(self._workers) as pool, dtype_policy(self._policy):
            try:
                self._train_all(source, pool, stop)
            finally:
                # An interrupt does not wait for the epochs that are under way.
                stop.set()

    def _train_all(self, source: JobSource, pool: ThreadPoolExecutor, stop: Event) -> None:
        waiting: list[Trial] = []
        running: deque[tuple[Group, Future[Epoch]]] = deque()
        while True:
            while len(running) < self._workers:
                group = self._next(source, waiting, running)
                if group is None:
                    break
                running.append((group, pool.submit(group.train, stop)))
            if not running:
                return
            # In the order of their beginning, whichever ends first: the same study again sees
            # the same results in the same order.
            group, future = running.popleft()
            try:
                epoch = future.result()
            except (tf.errors.OpError, MemoryError) as error:
                self._give_up(group, error, source)
            else:
                waiting += self._take(group, epoch, 1 + len(running), source)

    def _next(
        self,
        source: JobSource,
        waiting: list[Trial],
        running: Sequence[tuple[Group, Future[Epoch]]],
    ) -> Group | None:
        """Return the group to train next, after adding trials where that is better."""
        groups = [group.trials for group, _ in running]
        while True:
            in_flight = len(waiting) + sum(len(group) for group in groups)
            widest = max(
                (program.width for program in self._programs.values()), default=_MEMBERS_AT_FIRST
            )
            most = self._workers + _IN_FLIGHT * widest
            if widest == 1:
                # One trial in each call: the fewer begin, the more is known when the next is drawn.
                most = self._turns(waiting, groups) if source.compares else self._workers
            room = min(source.parallel, most) - in_flight
            more = room > 0 and source.remaining > 0
            chosen = next_group(waiting, groups, more=more, together=source.compares)
            if chosen:
                for trial in chosen:
                    waiting.remove(trial)
                return Group(chosen, program_for(chosen))
            if not more:
                return None
            waiting += self._admit(source.next_jobs(min(room, self._workers * widest)), source)

    def _turns(self, waiting: Sequence[Trial], groups: Sequence[Sequence[Trial]]) -> int:
        """Return how many trials may take turns; the states of those that wait fill memory."""
        trials = [*waiting, *(one for group in groups for one in group)]
        # Weights, and what an optimizer such as Adam keeps of each.
        largest = max((12 * one.blueprint.parameters for one in trials), default=1)
        return max(self._workers, min(_TURNS * self._workers, _WAITING_BYTES // max(largest, 1)))

    def _admit(self, jobs: Sequence[Job], source: JobSource) -> list[Trial]:
        """Return the jobs as trials; those that no program can train are done at once."""
        found: list[tuple[Job, Blueprint]] = []
        for job in jobs:
            try:
                blueprint = self._blueprints.of(job)
                if blueprint.key in self._given_up:
                    raise Unsupported(self._given_up[blueprint.key])
            except Unsupported as reason:
                self._train_by_fit(job, str(reason), source)
            except Exception as error:  # the builder is the user's code; `fit` says what is wrong
                self._train_by_fit(job, f"{type(error).__name__}: {headline(error)}", source)
            else:
                found.append((job, blueprint))
        trials = []
        for job, blueprint in found:
            alike = sum(other is blueprint for _, other in found)
            expected = max(alike, alike * (len(found) + source.remaining) // len(found))
            try:
                work = Workload(expected, job.epochs)
                same = [one for one, other in found if other is blueprint]
                draw = partial(self._draw_initial_weights, blueprint, same)
                trials.append(self._begin(job, blueprint, work, draw))
            except Unsupported as reason:
                self._given_up[blueprint.key] = str(reason)
                self._train_by_fit(job, str(reason), source)
        return trials

    def _draw_initial_weights(self, blueprint: Blueprint, jobs: Sequence[Job]) -> None:
        """Build what the jobs begin from; a builder that raises does so again in its turn."""
        with suppress(Exception):
            for job in jobs:
                if job.shared_seed is not None:
                    self._initial(job, blueprint)

    def _initial(self, job: Job, blueprint: Blueprint) -> State:
        seed = job.seed
        if job.shared_seed is not None:
            seed = derive_seed(job.shared_seed, "initial", job.number % _INITIAL_WEIGHTS)
        return self._blueprints.initial(blueprint, job, seed)

    def _begin(
        self, job: Job, blueprint: Blueprint, work: Workload, meanwhile: Callable[[], None]
    ) -> Trial:
        """Return a trial at its beginning, with the program that trains it.

        Raises:
            Unsupported: If no program can be made.
        """
        start = time.perf_counter()
        numbers = blueprint.numbers(job)
        shared = job.shared_seed
        initial = self._initial(job, blueprint)
        program = self._programs.pop((blueprint.key, shared is not None), None)
        if program is None and shared is not None:
            program, choice = self._chooser.choose(blueprint, initial, numbers, work, meanwhile)
            self._record(choice)
        elif program is None:
            program = self._chooser.alone(blueprint, initial, numbers, work)
        self._keep(blueprint, program, shared=shared is not None)
        return Trial(
            job=job,
            blueprint=blueprint,
            program=program,
            engine=program.layout.engine,
            numbers=numbers,
            # Alone in its call, a trial need not share its batches.
            order_seed=shared if shared is not None and program.layout.stacked else job.seed,
            initial=initial,
            best=BestEpoch(self._objective, job.patience),
            seconds=time.perf_counter() - start,
        )

    def _keep(self, blueprint: Blueprint, program: Program, *, shared: bool) -> None:
        """Keep a program for later trials of its structure, as long as it is in use."""
        if shared and not program.layout.stacked:
            self._programs[blueprint.key, False] = program
        self._programs[blueprint.key, shared] = program
        while len(self._programs) > _PROGRAMS_KEPT:
            self._programs.popitem(last=False)

    def _take(self, group: Group, epoch: Epoch, active: int, source: JobSource) -> list[Trial]:
        """Report an epoch of a group, finish what ended and return what goes on."""
        share = epoch.seconds / (len(group.trials) * active)
        reports = []
        for row, trial in enumerate(group.trials):
            best = trial.take(epoch.logs, Place(epoch.state, row), share, self._objective)
            if best is not None:
                reports.append(Report(trial.job, trial.epoch - 1, best))
        pruned = source.report(reports) if reports else set()
        for trial in group.trials:
            if trial.job.number in pruned:
                trial.status = "pruned"
        ended = [(one.job, one.outcome()) for one in group.trials if one.status is not None]
        if ended:
            source.finish(ended)
        return [one for one in group.trials if one.status is None]

    def _record(self, choice: EngineChoice) -> None:
        if choice not in self._recorded:
            self._recorded.append(choice)
            self._on_choice(choice)

    def _give_up(self, group: Group, error: Exception, source: JobSource) -> None:
        """Train a group's trials by `fit`, and all later ones of their structure."""
        reason = f"{type(error).__name__}: {headline(error)}"
        self._given_up[group.trials[0].blueprint.key] = reason
        for trial in group.trials:
            self._train_by_fit(trial.job, reason, FromEpoch(source, trial.epoch))

    def _train_by_fit(self, job: Job, reason: str, source: JobSource) -> None:
        if reason not in self._explained:
            self._explained.add(reason)
            self._log(f"trained by `fit`: {reason}")
            self._record(EngineChoice(structure="", engine="fit", reason=reason))
        source.finish([(job, self._fit.train(job, source))])
