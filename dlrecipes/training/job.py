"""One training to be done, its seed, and where an engine gets it from and reports to."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import keras
import numpy as np

from dlrecipes.results import Hyperparameter, Stopping, Value
from dlrecipes.training.outcome import Outcome
from dlrecipes.training.own_training import Fit
from dlrecipes.training.weights_by_path import Weights


@dataclass(frozen=True)
class Job:
    """One training to be done by an engine.

    Args:
        number: The trial's number in its study.
        values: The hyperparameters' values, active ones only; `build` adds those that the builder
            asks for late (behind a plain `if`).
        build: Makes the compiled model for these values; the engine sets policy and seed first.
        seed: Seed of initial weights, shuffling and masks.
        epochs: Epochs to train at most.
        batch_size: Examples a batch.
        stopping: What ends it before its last epoch.
        keep_weights: Whether the outcome carries the best epoch's weights.
        rebuild: Makes the model for other values of the same hyperparameters; a builder that
            asks for one which has no value raises a `BuilderError`. None if that is impossible.
        space: The stage's hyperparameters with their ranges; late ones are not among them.
        shared_seed: Seed of what the trials of one study may share: the order of the examples,
            masks, initial weights of a few. None: everything comes from `seed`.
        keep_predictions: Whether the outcome carries the best epoch's predictions for the
            validation part.
        initial: Weights to begin from by path, as `weights_by_path` names them, for example those
            of a pre-trained encoder; all others are drawn as the builder says. None for none.
        fit: Trains in place of `keras.Model.fit`, with the same arguments, the model first, and
            returns what `returned_logs` reads; None for that one.
    """

    number: int
    values: dict[str, Value]
    build: Callable[[], keras.Model]
    seed: int
    epochs: int
    batch_size: int
    stopping: Stopping = Stopping()
    keep_weights: bool = False
    rebuild: Callable[[dict[str, Value]], keras.Model] | None = None
    space: tuple[Hyperparameter, ...] = ()
    shared_seed: int | None = None
    keep_predictions: bool = False
    initial: Weights | None = None
    fit: Fit | None = None

    @property
    def keeps_best(self) -> bool:
        """Whether the best epoch's weights are needed at the end."""
        return self.keep_weights or self.keep_predictions


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


def derive_seed(seed: int, *path: str | int) -> int:
    """Return the seed of one thing inside a run.

    The same path always gives the same seed, and different paths give independent ones, so
    that a resumed study draws what an unbroken one would have drawn.

    Args:
        seed: The run's seed, at least 0.
        path: What the seed is for, for example `("coarse", 17)`.

    Returns:
        An integer in [0, 2**31).
    """
    words = [zlib.crc32(part.encode()) if isinstance(part, str) else part for part in path]
    # As plain entropy, a path and the same path with a trailing 0 would give one seed.
    return int(np.random.SeedSequence(seed, spawn_key=words).generate_state(1)[0] >> 1)


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
        new = [report for report in reports if report.epoch >= self._epoch]
        return self._source.report(new) if new else set()

    def finish(self, ended: Sequence[tuple[Job, Outcome]]) -> None:
        """Pass on how trainings ended."""
        self._source.finish(ended)
