"""The engine that trains many trials with compiled programs."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from threading import Event

import tensorflow as tf

from dlrecipes.data import Development, keras_targets
from dlrecipes.results import EngineChoice, Objective, plural
from dlrecipes.targets import OutputKind
from dlrecipes.training.engines.compiled.blueprint import Blueprint, Blueprints
from dlrecipes.training.engines.compiled.choose_program import ProgramChooser
from dlrecipes.training.engines.compiled.device_data import DeviceData
from dlrecipes.training.engines.compiled.group import Epoch, Group
from dlrecipes.training.engines.compiled.member import State
from dlrecipes.training.engines.compiled.programs import Programs, program_for
from dlrecipes.training.engines.compiled.schedule import (
    Arrivals,
    InFlight,
    by_structure,
    next_group,
)
from dlrecipes.training.engines.compiled.supported import Unsupported
from dlrecipes.training.engines.compiled.trial import Place, Trial
from dlrecipes.training.engines.compiled.workload import count_workers, on_gpu
from dlrecipes.training.engines.fit_engine import FitEngine
from dlrecipes.training.job import FromEpoch, Job, JobSource, Report, derive_seed
from dlrecipes.training.outcome import BestEpoch, Outcome, headline
from dlrecipes.training.outputs import output_kinds
from dlrecipes.training.precision import dtype_policy
from dlrecipes.training.predictions import predict_network
from dlrecipes.training.stopwatch import timed

# Different initial weights among the trials of a study.
_INITIAL_WEIGHTS = 4
# Trials in flight for each that a call trains: those between the rungs of successive halving
# wait until there are enough of them for a full group.
_IN_FLIGHT = 6
_MEMBERS_AT_FIRST = 32
_TOO_MUCH = (tf.errors.OpError, MemoryError)


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
        log: Takes one line for each structure that falls back to `fit`, and one for each float of
            which every value is a structure.
        on_step: Hears what is built, compiled, timed or trained now.
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
        on_step: Callable[[str], None] = lambda step: None,
    ) -> None:
        self.name = name
        self._objective = objective
        self._policy = policy
        self._on_choice = on_choice
        self._log = log
        self._on_step = on_step
        self._development = development
        self._kinds: dict[str, dict[str, OutputKind]] = {}
        self._fit = FitEngine(development, objective, policy, on_step)
        self._workers = count_workers()
        train, validation = (
            DeviceData.of(part, keras_targets(part.y, development.model_spec))
            for part in (development.train, development.validation)
        )
        chooser = ProgramChooser(name, train, validation, self._workers, choices, on_step)
        self._programs = Programs(chooser, self._take_choice)
        self._blueprints = Blueprints(
            development,
            policy,
            log,
            {choice.structure for choice in choices},
            alone_if_little=name != "population",
        )
        self._given_up: dict[str, str] = {}
        self._all_by_fit = False
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
        flight = InFlight()
        while True:
            while len(flight.running) < self._workers:
                trials = self._next(source, flight)
                if not trials:
                    break
                try:
                    group = Group(trials, program_for(trials, self._on_step))
                except _TOO_MUCH as error:
                    self._give_up(trials, error, source)
                else:
                    flight.running.append((group, pool.submit(group.train, stop)))
            if not flight.running:
                return
            # In the order of their beginning, whichever ends first: the same study again sees
            # the same results in the same order.
            group, future = flight.running.popleft()
            try:
                with timed("wait"):
                    epoch = future.result()
            except _TOO_MUCH as error:
                self._give_up(group.trials, error, source)
            else:
                flight.waiting += self._take(group, epoch, 1 + len(flight.running), source)

    def _next(self, source: JobSource, flight: InFlight) -> list[Trial]:
        """Return the trials to train next, after adding some where that is better."""
        while True:
            widest = self._programs.widest or _MEMBERS_AT_FIRST
            turns = flight.turns(self._workers) if source.compares else None
            most = self._workers + _IN_FLIGHT * widest
            if widest == 1:
                # One trial in each call: the fewer begin, the more is known when the next is drawn.
                most = turns or self._workers
            room = min(source.parallel, most) - flight.count
            new = room > 0 and source.remaining > 0
            more = new or bool(flight.arrived or flight.drawn)
            later = source.remaining > 0
            chosen = next_group(flight.waiting, flight.groups, more=more, later=later, turns=turns)
            for trial in chosen:
                flight.waiting.remove(trial)
            if chosen or not more:
                return chosen
            if flight.arrived:
                flight.waiting += self._begin_all(flight.arrived.popleft(), source)
                continue
            if not flight.drawn:
                # What `fit` trains, it trains one at a time.
                limit = 1 if self._all_by_fit else min(room, self._workers * widest)
                flight.drawn += source.next_jobs(limit)
                self._blueprints.meet(flight.drawn)
            flight.arrived += self._sort(flight.drawn, source)

    def _sort(self, drawn: deque[Job], source: JobSource) -> list[Arrivals]:
        """Take jobs and return them by structure; those that no program can train are done at once.

        All are taken, to train side by side; but one that shares its structure with no other need
        not wait for them, and the others stay.
        """
        self._on_step(f"building the models of {plural(len(drawn), 'trial')}")
        found: list[tuple[Job, Blueprint]] = []
        while drawn:
            job = drawn.popleft()
            try:
                if job.fit is not None:
                    raise Unsupported("it is trained in the user's own way")
                with timed("probe") as part:
                    blueprint = self._blueprints.of(job, _initial_seed(job))
                    part.structure = blueprint.key
                if blueprint.key in self._given_up:
                    raise Unsupported(self._given_up[blueprint.key])
            except Exception as error:  # the builder is the user's code; `fit` says what is wrong
                self._train_by_fit(job, _reason(error), source)
            else:
                found.append((job, blueprint))
                if len(found) == 1 and not blueprint.examined:
                    break
        self._all_by_fit = not found
        return by_structure(found, source.remaining + len(drawn))

    def _begin_all(self, arrivals: Arrivals, source: JobSource) -> list[Trial]:
        """Return the jobs as trials; the first one compiles their program."""
        key = arrivals.blueprint.key
        trials = []
        for job in arrivals.jobs:
            try:
                if key in self._given_up:
                    raise Unsupported(self._given_up[key])
                with timed("begin", key):
                    trials.append(self._begin(job, arrivals))
            except Unsupported as reason:
                self._given_up[key] = str(reason)
                self._train_by_fit(job, str(reason), source)
            except Exception as error:  # the builder refuses these values, or memory is full
                self._train_by_fit(job, _reason(error), source)
        self._on_step(f"training {plural(len(trials), 'trial')}")
        return trials

    def _draw_initial_weights(self, arrivals: Arrivals) -> None:
        """Build what the jobs begin from; a builder that raises does so again in its turn."""
        with suppress(Exception):
            for job in arrivals.jobs:
                if job.shared_seed is not None:
                    self._initial(job, arrivals.blueprint)

    def _initial(self, job: Job, blueprint: Blueprint) -> State:
        return self._blueprints.initial(blueprint, job, _initial_seed(job))

    def _begin(self, job: Job, arrivals: Arrivals) -> Trial:
        """Return a trial at its beginning, with the program that trains it.

        Raises:
            Unsupported: If no program can be made.
            Exception: Whatever the builder raises.
        """
        start = time.perf_counter()
        blueprint = arrivals.blueprint
        numbers = blueprint.numbers(job)
        shared = job.shared_seed
        initial = self._initial(job, blueprint)
        program = self._programs.of(
            blueprint,
            initial,
            numbers,
            arrivals.work,
            shared=shared is not None,
            meanwhile=partial(self._draw_initial_weights, arrivals),
            shapes=None if on_gpu() else self._blueprints.open_shapes(blueprint),
        )
        return Trial(
            job=job,
            blueprint=blueprint,
            program=program,
            engine=program.layout.engine,
            numbers=numbers,
            # Alone in its call, a trial need not share its batches.
            order_seed=shared if shared is not None and program.layout.stacked else job.seed,
            initial=initial,
            best=BestEpoch(self._objective, job.stopping),
            seconds=time.perf_counter() - start,
        )

    def _take(self, group: Group, epoch: Epoch, active: int, source: JobSource) -> list[Trial]:
        """Report an epoch of a group, finish what ended and return what goes on."""
        share = epoch.seconds / (len(group.trials) * active)
        reports = []
        for row, trial in enumerate(group.trials):
            best = trial.take(epoch.logs, Place(epoch.state, row), share, self._objective)
            if best is not None:
                reports.append(Report(trial.job, trial.epoch - 1, best))
        try:
            pruned = source.report(reports) if reports else set()
        except BaseException:
            # Ctrl-C, or the time is up: what has trained to its end is done all the same.
            self._finish(group.trials, source)
            raise
        for trial in group.trials:
            if trial.job.number in pruned:
                trial.status = "pruned"
        self._finish(group.trials, source)
        return [trial for trial in group.trials if trial.status is None]

    def _finish(self, trials: Sequence[Trial], source: JobSource) -> None:
        ended = [(trial.job, self._outcome(trial)) for trial in trials if trial.status is not None]
        if ended:
            source.finish(ended)

    def _outcome(self, trial: Trial) -> Outcome:
        """Return how a trial ended, with its best epoch's predictions if they are asked for."""
        outcome, state = trial.outcome(), trial.best_state
        if state is None or not trial.job.keep_predictions:
            return outcome
        member, key, data = trial.blueprint.member, trial.blueprint.key, self._development
        if key not in self._kinds:
            self._kinds[key] = output_kinds(member.model, data.model_spec)
        call = partial(member.predict, state, trial.numbers)
        with timed("predict", key):
            predictions = predict_network(
                call, data.validation.inputs, self._kinds[key], data.model_spec
            )
        return replace(outcome, predictions=predictions)

    def _take_choice(self, choice: EngineChoice) -> None:
        self._record(choice)
        if self.name not in ("auto", choice.engine):
            self._explain(choice.engine, choice.reason)

    def _record(self, choice: EngineChoice) -> None:
        if choice not in self._recorded:
            self._recorded.append(choice)
            self._on_choice(choice)

    def _give_up(self, trials: Sequence[Trial], error: Exception, source: JobSource) -> None:
        """Train trials of a structure by `fit`, and all later ones, too."""
        reason = _reason(error)
        self._given_up[trials[0].blueprint.key] = reason
        for trial in trials:
            self._train_by_fit(trial.job, reason, FromEpoch(source, trial.epoch))

    def _train_by_fit(self, job: Job, reason: str, source: JobSource) -> None:
        if self._explain("fit", reason):
            self._record(EngineChoice(structure="", engine="fit", reason=reason))
        source.finish([(job, self._fit.train(job, source))])

    def _explain(self, engine: str, reason: str) -> bool:
        """Say once for each reason why another engine takes over; return whether it is new."""
        new = reason not in self._explained
        if new:
            self._explained.add(reason)
            self._log(f"trained by `{engine}`: {reason}")
        return new


def _reason(error: Exception) -> str:
    if isinstance(error, Unsupported):
        return str(error)
    return f"{type(error).__name__}: {headline(error)}"


def _initial_seed(job: Job) -> int:
    """Return the seed of the weights that a job begins from."""
    if job.shared_seed is None:
        return job.seed
    # Not by the number's remainder: Sobol's points come in an order of their own, by which the
    # halves of a range would begin from different weights.
    dealt = derive_seed(job.shared_seed, "dealt", job.number) % _INITIAL_WEIGHTS
    return derive_seed(job.shared_seed, "initial", dealt)
