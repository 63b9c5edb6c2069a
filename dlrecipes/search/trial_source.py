"""The trials of one stage, as an engine pulls them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dlrecipes.errors import BuilderError
from dlrecipes.results import Objective, Stage, TrialRecord
from dlrecipes.search.backends import AskTell, Build
from dlrecipes.search.listener import Listener
from dlrecipes.training.job import Job
from dlrecipes.training.outcome import Outcome
from dlrecipes.training.seeds import derive_seed

_FAILURES_IN_A_ROW = 5


class DeadlinePassed(Exception):
    """The search's time is up; the trial under way stays unfinished and can be resumed."""


@dataclass(frozen=True)
class StudyContext:
    """What all stages of a search share.

    Args:
        build: The builder.
        objective: What is optimised.
        batch_size: Examples a batch, unless the builder asks for `batch_size`.
        patience: Epochs without improvement after which a training ends; None for never.
        seed: The run's seed.
        engine: The engine's name, for the records.
        chance: The score of knowing nothing, told for a diverged trial; None if unknown.
        listener: Hears of every epoch and trial.
        deadline: `time.monotonic()` at which the search ends; None for never.
    """

    build: Build
    objective: Objective
    batch_size: int
    patience: int | None
    seed: int
    engine: str
    chance: float | None
    listener: Listener
    deadline: float | None = None

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
        on_outcome: Called with job and outcome before the trial is stored as finished.
    """

    def __init__(
        self,
        backend: AskTell,
        stage: Stage,
        context: StudyContext,
        *,
        keep_weights: bool = False,
        on_outcome: Callable[[Job, Outcome], None] | None = None,
    ) -> None:
        self._backend = backend
        self._stage = stage
        self._context = context
        self._keep_weights = keep_weights
        self._on_outcome = on_outcome
        self._handed_out = len(backend.records)
        self._failures = 0

    def next_job(self) -> Job | None:
        """Return the stage's next trial, or None when all are handed out."""
        if self._handed_out >= self._stage.trials:
            return None
        self._check_deadline()
        self._handed_out += 1
        proposal = self._backend.ask(self._context.build)
        batch_size = proposal.values.get("batch_size", self._context.batch_size)
        return Job(
            number=proposal.number,
            values=proposal.values,
            build=proposal.build,
            seed=derive_seed(self._context.seed, self._stage.name, "training", proposal.number),
            epochs=self._stage.epochs,
            batch_size=int(batch_size or self._context.batch_size),
            patience=self._context.patience,
            keep_weights=self._keep_weights,
        )

    def report(self, job: Job, epoch: int, best: float) -> bool:
        """Pass an epoch's running best on and return whether to prune."""
        self._context.listener.on_epoch(self._stage.name, job.number, epoch, job.epochs, best)
        self._check_deadline()
        return self._backend.report(job.number, epoch + 1, best)

    def finish(self, job: Job, outcome: Outcome) -> None:
        """Store a trial; it is announced to the listener only once it is stored.

        Raises:
            BuilderError: If five trials in a row failed, out of memory not counted.
        """
        if self._on_outcome is not None:
            self._on_outcome(job, outcome)
        diverged = outcome.status == "diverged"
        record = self._backend.tell(
            job.number,
            TrialRecord(
                stage=self._stage.name,
                number=job.number,
                values=job.values,
                status=outcome.status,
                score=self._chance() if diverged else outcome.score,
                best_epoch=outcome.best_epoch,
                epochs=max((len(curve) for curve in outcome.history.values()), default=0),
                history=outcome.history,
                seconds=outcome.seconds,
                seed=job.seed,
                policy=outcome.policy,
                engine=self._context.engine,
                parameters=outcome.parameters,
                error=outcome.error,
            ),
        )
        self._context.listener.on_trial(record)
        self._count_failures(record)

    def _chance(self) -> float | None:
        """What a diverged trial is worth: chance level, else the worst score so far."""
        if self._context.chance is not None:
            return self._context.chance
        scores: Sequence[float] = [
            record.score for record in self._backend.records if record.score is not None
        ]
        worst = min if self._context.objective.direction == "max" else max
        return worst(scores, default=None)

    def _count_failures(self, record: TrialRecord) -> None:
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
