"""Pruning rules that look at nothing but what was reported.

With one trial at a time a resumed study decides as an unbroken one would. With trials side by
side, those that were under way are trained again and compared with what has come since.
"""

from __future__ import annotations

from collections.abc import Mapping, Set as AbstractSet
from statistics import median
from typing import Protocol


class Pruner(Protocol):
    """Sets the bar that a trial's running best must reach.

    Optuna's own pruners look through all trials of the study for every report, and its halving
    notes a passed rung in the storage before it decides: a process that is killed in between
    leaves a trial that is never judged at that rung again. These look at nothing but what was
    reported, once for all trials that report together.
    """

    def judged_at(self, epochs: int) -> int | None:
        """Return the epochs whose reports decide about a trial, or None if it goes on anyway.

        Args:
            epochs: Epochs trained so far, from 1.
        """
        ...

    def bar(
        self, epochs: int, reported: Mapping[int, float], completed: AbstractSet[int]
    ) -> float | None:
        """Return what a trial must have reached to go on, or None if all go on.

        Args:
            epochs: What `judged_at` returned.
            reported: `{number: running best after so many epochs}` of all trials that came so
                far, those that are judged now included.
            completed: Numbers of the trials that were trained to their end.
        """
        ...


class HalvingPruner:
    """Asynchronous successive halving.

    From each rung (`first`, `first * factor`, `first * factor**2`, … epochs) on a trial goes on
    as long as it is among the best `1 / factor` of the trials that have reported there. The first
    ones to come pass a rung because nobody is there to compare with; they are judged again with
    every epoch, by what has come since.

    Args:
        first: Epochs of the lowest rung, at least 1.
        factor: One in so many goes on, at least 2.
        maximize: Whether more is better.

    Reference:
        Li et al. 2020, A System for Massively Parallel Hyperparameter Tuning (arXiv:1810.05934).
    """

    def __init__(self, first: int, factor: int, *, maximize: bool) -> None:
        self._first = first
        self._factor = factor
        self._maximize = maximize

    def bar(
        self, epochs: int, reported: Mapping[int, float], completed: AbstractSet[int]
    ) -> float | None:
        """Return the last score among the best `1 / factor`."""
        if not reported:
            return None
        ranked = sorted(reported.values(), reverse=self._maximize)
        return ranked[max(1, len(ranked) // self._factor) - 1]

    def judged_at(self, epochs: int) -> int | None:
        """Return the last rung up to there."""
        if epochs < self._first:
            return None
        rung = self._first
        while rung * self._factor <= epochs:
            rung *= self._factor
        return rung


class MedianPruner:
    """Stops a trial that is worse than the median of the completed ones after as many epochs.

    Args:
        startup: Trials that must be completed before any is stopped.
        warmup: Epochs before which none is stopped.

    Reference:
        Golovin et al. 2017, Google Vizier: A Service for Black-Box Optimization (section 3.2.2).
    """

    def __init__(self, startup: int, warmup: int) -> None:
        self._startup = startup
        self._warmup = warmup

    def judged_at(self, epochs: int) -> int | None:
        """Return the epochs themselves, after the warm-up."""
        return None if epochs < self._warmup else epochs

    def bar(
        self, epochs: int, reported: Mapping[int, float], completed: AbstractSet[int]
    ) -> float | None:
        """Return the median of the completed trials, once there are enough of them."""
        if len(completed) < self._startup:
            return None
        values = [best for number, best in reported.items() if number in completed]
        return median(values) if values else None
