"""The trials of one stage, as an engine pulls them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from dlrecipes.errors import BuilderError
from dlrecipes.results import GapPenalty, Objective, Stage, Stopping, TrialRecord
from dlrecipes.search.backends import AskTell, Build, Proposal
from dlrecipes.search.listener import Listener
from dlrecipes.search.time_budget import TimeBudget
from dlrecipes.training.job import Job, Report, derive_seed
from dlrecipes.training.outcome import Outcome
from dlrecipes.training.own_training import OwnTraining
from dlrecipes.training.stopwatch import timed

_FAILURES_IN_A_ROW = 5
_DECLINED_IN_A_ROW = 3
"""As KerasTuner's `max_consecutive_failed_trials`, of those that the builder means to fail."""
_DECLINED = "FailedTrialError"
_LEARNING = ("tpe", "keras_tuner_bayesian")


class DeadlinePassed(Exception):
    """The search's time is up; trials under way stay unfinished and can be resumed."""


class TrialKeeper(Protocol):
    """Keeps what trials of a search have learned."""

    def meet(self, records: Sequence[TrialRecord]) -> None:
        """Take the trials of a stage that an earlier process of the run has finished.

        Args:
            records: The trials, before the stage goes on.
        """
        ...

    def keep(self, record: TrialRecord, outcome: Outcome) -> None:
        """Take a trial before it counts as finished.

        Args:
            record: How it ended.
            outcome: The same with the best epoch's weights.
        """
        ...


@dataclass(frozen=True)
class StudyContext:
    """What all stages of a search share.

    Args:
        build: The builder.
        objective: What is optimised.
        batch_size: Examples a batch, unless the builder asks for `batch_size`.
        stopping: What ends a training before its last epoch.
        seed: The run's seed.
        engine: The engine's name, for the records of outcomes that name none.
        chance: The score of knowing nothing, told for a diverged trial; None if unknown.
        listener: Hears of every epoch and trial.
        deadline: `time.monotonic()` at which the search ends; None for never.
        penalty: What is taken off the score of a trial once it is finished; None for nothing.
            Pruning goes by the running bests, of which nothing is taken.
        reports: How often a trial reports; None for once an epoch.
        own: What the user brings to each training.
        budget: Decides how many trials there are, by the time; None where the plan does.
        ends: `time.monotonic()` at which trainings end with their best epoch so far, and no other
            begins where one has; None for never.
        keeper: Keeps the weights of the search's trials; None where nobody needs them.
    """

    build: Build
    objective: Objective
    batch_size: int
    stopping: Stopping
    seed: int
    engine: str
    chance: float | None
    listener: Listener
    deadline: float | None = None
    penalty: Penalty | None = None
    reports: int | None = None
    own: OwnTraining = OwnTraining()
    budget: TimeBudget | None = None
    ends: float | None = None
    keeper: TrialKeeper | None = None

    @property
    def over(self) -> bool:
        """Whether trainings end now."""
        return self.ends is not None and time.monotonic() > self.ends

    @property
    def expired(self) -> bool:
        """Whether the deadline has passed."""
        return self.deadline is not None and time.monotonic() > self.deadline


class TrialSource:
    """Hands an engine the trials of one stage and stores what becomes of them.

    Args:
        backend: Proposes and stores.
        stage: How many trials of how many epochs.
        context: What all stages share.
        keep_weights: Whether outcomes carry the best weights.
        share_seed: Whether trials may share the order of the examples and the masks; refits must
            differ in everything.
        on_outcome: Called with record and outcome before the trial is stored as finished.
    """

    def __init__(
        self,
        backend: AskTell,
        stage: Stage,
        context: StudyContext,
        *,
        keep_weights: bool = False,
        share_seed: bool = True,
        on_outcome: Callable[[TrialRecord, Outcome], None] | None = None,
    ) -> None:
        self._backend = backend
        self._stage = stage
        self._context = context
        self._keep_weights = keep_weights
        self._shared_seed = derive_seed(context.seed, "shared") if share_seed else None
        self._on_outcome = on_outcome
        self._handed_out = len(backend.records)
        self._failures = 0
        self._declined = 0
        self._ended: set[int] = set()

    @property
    def parallel(self) -> int:
        """How many trials should be in flight at most: all, unless the sampler learns."""
        trials = self._stage.trials
        learns = self._stage.sampler in _LEARNING or self._stage.priors
        return max(2, trials // 4) if learns else trials

    @property
    def compares(self) -> bool:
        """Whether trials should advance together: halving compares them at its rungs."""
        return self._stage.pruner == "halving"

    @property
    def remaining(self) -> int:
        """How many trials are not handed out yet: no more than there are configurations.

        When the stage's time is up, none is left, but for a first one.
        """
        if self._handed_out and self._context.over:
            return 0
        planned = max(0, self._stage.trials - self._handed_out)
        left = self._backend.left if planned else None
        return planned if left is None else min(planned, left)

    @timed("propose")
    def next_jobs(self, limit: int) -> list[Job]:
        """Return at most `limit` of the stage's next trials, none when all are handed out."""
        if not self.remaining:
            return []
        self._check_deadline()
        jobs: list[Job] = []
        while len(jobs) < limit and self.remaining:
            self._handed_out += 1
            jobs.append(self._job(self._backend.ask(self._context.build, self._context.own)))
        return jobs

    def _job(self, proposal: Proposal) -> Job:
        batch_size = proposal.values.get("batch_size", self._context.batch_size)
        return Job(
            number=proposal.number,
            values=proposal.values,
            build=proposal.build,
            seed=derive_seed(self._context.seed, self._stage.name, "training", proposal.number),
            epochs=self._stage.epochs,
            batch_size=int(batch_size or self._context.batch_size),
            stopping=self._context.stopping,
            keep_weights=self._keep_weights,
            rebuild=proposal.rebuild,
            space=self._backend.space,
            shared_seed=self._shared_seed,
            keep_predictions=self._context.penalty is not None,
            fit=proposal.fit,
        )

    @timed("record")
    def report(self, reports: Sequence[Report]) -> set[int]:
        """Store running bests, pass them on and return the numbers of the trials to prune.

        When the time is up, those that have trained to their end can still be finished.
        A penalty is not counted here: it is measured once a trial, at its best epoch.
        """
        pruned = self._backend.report(
            [(report.job.number, report.epoch + 1, report.best) for report in reports]
        )
        # What has trained to its end is complete, however it compares.
        pruned -= {report.job.number for report in reports if report.epoch + 1 >= report.job.epochs}
        for one in reports:
            job = one.job
            self._context.listener.on_epoch(
                self._stage.name, job.number, one.epoch, job.epochs, one.best
            )
        if any(report.epoch + 1 < report.job.epochs for report in reports) or not reports:
            self._check_deadline()
        return pruned | self._end(reports, pruned)

    def _end(self, reports: Sequence[Report], pruned: set[int]) -> set[int]:
        """Return the trials that end because the stage's time is up: they count as complete.

        An engine knows one way to end a training, which is to prune it.
        """
        if not self._context.over:
            return set()
        ended = {report.job.number for report in reports} - pruned
        self._ended |= ended
        return ended

    @timed("record")
    def finish(self, ended: Sequence[tuple[Job, Outcome]]) -> None:
        """Store trials; they are announced to the listener only once all of them are stored.

        When the time is up, it says so afterwards.

        Raises:
            BuilderError: If five trials in a row failed, out of memory not counted, or three by
                a `FailedTrialError`.
        """
        records = []
        for job, outcome in ended:
            if outcome.status == "pruned" and job.number in self._ended:
                outcome = replace(outcome, status="completed")
            record = self._record(job, outcome)
            if self._on_outcome is not None:
                self._on_outcome(record, outcome)
            records.append(self._backend.tell(job.number, record))
        self._backend.flush()
        for record in records:
            self._context.listener.on_trial(record)
        for record in records:
            self._count_failures(record)
        self._check_deadline()

    def _record(self, job: Job, outcome: Outcome) -> TrialRecord:
        score, unpenalised, gap = self._scores(outcome)
        return TrialRecord(
            stage=self._stage.name,
            number=job.number,
            values=job.values,
            status=outcome.status,
            score=score,
            best_epoch=outcome.best_epoch,
            epochs=max((len(curve) for curve in outcome.history.values()), default=0),
            history=outcome.history,
            seconds=outcome.seconds,
            seed=job.seed,
            policy=outcome.policy,
            engine=outcome.engine or self._context.engine,
            parameters=outcome.parameters,
            error=outcome.error,
            fold_scores=outcome.fold_scores,
            unpenalised=unpenalised,
            gap=gap,
        )

    def _scores(self, outcome: Outcome) -> tuple[float | None, float | None, float | None]:
        """Return the score that counts, and with a penalty the objective itself and the gap."""
        penalty, direction = self._context.penalty, self._context.objective.direction
        if outcome.status == "diverged":
            return self._chance(), None if penalty is None else self._context.chance, None
        if penalty is None or outcome.score is None:
            return outcome.score, None, None
        gap = penalty.gap(outcome)
        if gap is None:
            return None, outcome.score, None
        return penalty.declared.penalised(outcome.score, gap, direction), outcome.score, gap

    def _chance(self) -> float | None:
        """What a diverged trial is worth: chance level, else the worst score so far.

        With a penalty, trials may lie below chance; a diverged one is then as bad as the worst.
        """
        chance = self._context.chance
        if chance is not None and self._context.penalty is None:
            return chance
        scores: Sequence[float] = [
            *([] if chance is None else [chance]),
            *(record.score for record in self._backend.records if record.score is not None),
        ]
        worst = min if self._context.objective.direction == "max" else max
        return worst(scores, default=None)

    def _count_failures(self, record: TrialRecord) -> None:
        declined = record.error.startswith(_DECLINED)
        self._declined = self._declined + 1 if declined else 0
        if self._declined >= _DECLINED_IN_A_ROW:
            raise BuilderError(
                f"A builder must not decline {_DECLINED_IN_A_ROW} trials in a row.",
                received=record.error,
                fix="Everything so far is kept; narrow the ranges to what it takes, and tune "
                "again.",
            )
        if record.status != "failed":
            self._failures = 0
        elif not record.error.startswith("out of memory"):
            self._failures += 1
        if self._failures >= _FAILURES_IN_A_ROW:
            raise BuilderError(
                f"Trials must not fail {_FAILURES_IN_A_ROW} times in a row.",
                received=record.error,
                fix="Everything so far is kept; mend the builder and resume.",
            )

    def _check_deadline(self) -> None:
        if self._context.expired:
            raise DeadlinePassed


@dataclass(frozen=True)
class Penalty:
    """A declared penalty, and what measures its gap.

    Args:
        declared: What is taken off a score.
        gap: Takes an outcome, the best epoch's predictions included, and returns the gap between
            groups by them; None where it cannot be measured.
    """

    declared: GapPenalty
    gap: Callable[[Outcome], float | None]
