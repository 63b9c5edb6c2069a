"""What trainings cost by the clock, and how many fit into a time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from dlrecipes.results import Stage, TrialRecord

FEWEST_TRIALS = 4
"""Trials that a stage should have, if need be with fewer epochs."""
_KEPT = {"none": 1.0, "median": 0.8, "halving": 0.6}
"""The share of its epochs that a trial trains under a pruner."""


@dataclass(frozen=True)
class Cost:
    """What a training costs by the clock, where trainings go on side by side.

    Args:
        begin: Seconds before its first epoch.
        epoch: Seconds of an epoch.
    """

    begin: float
    epoch: float

    def of(self, epochs: float) -> float:
        """Return the seconds of a training of so many epochs."""
        return self.begin + epochs * self.epoch


def measure_cost(records: Sequence[TrialRecord], seconds: float, *, first: bool = False) -> Cost:
    """Return what the trials of a stage have cost, on average.

    The first trial of a structure compiles its graph. Trials with as many weights are taken to
    share one, and an epoch of theirs to cost what the fastest of them took. How likely the next
    trial has a structure of its own is told by the share of structures that only one has.

    Args:
        records: Its trials.
        seconds: What the stage took by the clock.
        first: Whether it was the first stage: what passed between its trials was spent on
            structures that nobody had met, too.

    Reference:
        Good 1953, The Population Frequencies of Species and the Estimation of Population
        Parameters.
    """
    trained = [record for record in records if record.epochs]
    if not trained:
        return Cost(seconds / max(1, len(records)), 0.0)
    epochs = sum(record.epochs for record in trained)
    measured = sum(record.seconds for record in trained)
    if measured <= 0:
        return Cost(0.0, seconds / epochs)
    fastest = paces(trained)
    training = sum(fastest[record.parameters] * record.epochs for record in trained)
    counts = [sum(one.parameters == structure for one in trained) for structure in fastest]
    new = counts.count(1) / len(trained)
    first_uses, between = measured - training, max(0.0, seconds - measured)
    if first:
        first_uses, between = first_uses + between, 0.0
    return Cost(between / len(records) + new * first_uses / len(fastest), training / epochs)


def paces(records: Sequence[TrialRecord]) -> dict[int, float]:
    """Return seconds an epoch by number of weights, as the fastest trial with as many took.

    Args:
        records: Trials with an epoch each.
    """
    fastest: dict[int, float] = {}
    for record in records:
        pace = record.seconds / record.epochs
        fastest[record.parameters] = min(pace, fastest.get(record.parameters, math.inf))
    return fastest


def fit_stage(  # noqa: PLR0913  (one argument a fact)
    stage: Stage,
    seconds: float,
    cost: Cost,
    *,
    most: int,
    fewest: int = FEWEST_TRIALS,
    keep_epochs: bool = False,
) -> tuple[int, int]:
    """Return the trials and epochs of a stage that fit into a time.

    Where hardly a trial fits, its epochs are cut, too.

    Args:
        stage: Its epochs and pruner.
        seconds: The time.
        cost: What a trial costs.
        most: Trials at most.
        fewest: Trials for which epochs are cut.
        keep_epochs: Whether the epochs must stay.

    Returns:
        Trials, at least 0, and epochs, at least 1.
    """
    kept = _KEPT[stage.pruner]

    def fitting(epochs: int) -> int:
        each = cost.of(kept * epochs)
        if seconds <= 0:
            return 0
        return most if each * most <= seconds else int(seconds / each)

    epochs = stage.epochs
    fewest = min(fewest, most)
    if fitting(epochs) < fewest and not keep_epochs and cost.epoch > 0:
        affordable = (seconds / max(1, fewest) - cost.begin) / (kept * cost.epoch)
        epochs = min(epochs, max(1, int(affordable)))
    return fitting(epochs), epochs
