"""One training among others, between its epochs."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from dlrecipes.results import History, Objective
from dlrecipes.results.study_result import Status
from dlrecipes.training.engines.compiled.blueprint import Blueprint
from dlrecipes.training.engines.compiled.member import State
from dlrecipes.training.engines.compiled.program import Logs, Program
from dlrecipes.training.job import Job
from dlrecipes.training.outcome import BestEpoch, Outcome


@dataclass(frozen=True)
class Place:
    """Where a member's state lies: a row of stacked states."""

    stack: State
    row: int


@dataclass(eq=False)
class Trial:
    """One training among others, between its epochs.

    Args:
        job: What is to be trained.
        blueprint: Its structure.
        program: What trains it.
        engine: The engine's name.
        numbers: Its values of the structure's numbers.
        order_seed: Seed of its batches and masks; trials with the same one can share them.
        initial: Where it begins.
        best: Its best epoch so far.
    """

    job: Job
    blueprint: Blueprint
    program: Program
    engine: str
    numbers: list[float]
    order_seed: int
    initial: State
    best: BestEpoch
    epoch: int = 0
    place: Place | None = None
    history: History = field(default_factory=dict)
    seconds: float = 0.0
    status: Status | None = None
    best_state: State | None = None

    @property
    def cohort(self) -> tuple[int, int, int]:
        """Trials with the same one can be trained together."""
        return id(self.program), self.order_seed, self.epoch

    def take(self, logs: Logs, place: Place, seconds: float, objective: Objective) -> float | None:
        """Take the result of one more epoch.

        Args:
            logs: The group's logs.
            place: Where the state lies now.
            seconds: This trial's share of the time.
            objective: What is better.

        Returns:
            The running best score to report; None if the training diverged.
        """
        self.seconds += seconds
        self.place = place
        values = {name: float(column[place.row]) for name, column in logs.items()}
        for name, value in values.items():
            self.history.setdefault(name, []).append(value if math.isfinite(value) else None)
        score = values[objective.name]
        watched = [score, values["loss"], values["val_loss"]]
        if not all(math.isfinite(value) for value in watched):
            self.status = "diverged"
            return None
        if self.best.update(self.epoch, score, values["val_loss"]) and self.job.keeps_best:
            # A copy: the rows of a stack have their best epochs at different times, and each
            # would keep all of it. What the optimizer holds is not needed.
            kept = self.blueprint.member.evaluated(place.stack)._replace(optimizer=[])
            self.best_state = State(
                *([np.asarray(array[place.row]).copy() for array in group] for group in kept)
            )
        self.epoch += 1
        if self.epoch >= self.job.epochs or self.best.should_stop:
            self.status = "completed"
        return float(self.best.score or 0.0)

    def outcome(self) -> Outcome:
        """Return how it ended."""
        weights = None
        if self.best_state is not None and self.job.keep_weights:
            weights = self.blueprint.member.weights(self.best_state, self.numbers)
        return Outcome(
            status=self.status or "failed",
            score=self.best.score,
            best_epoch=self.best.epoch,
            history=self.history,
            seconds=self.seconds,
            policy=self.blueprint.policy,
            parameters=self.blueprint.parameters,
            weights=weights,
            engine=self.engine,
        )
