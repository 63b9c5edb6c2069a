"""Pruning rules that a resumed study decides as an unbroken one would."""

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

    def bar(
        self, epochs: int, reported: Mapping[int, float], completed: AbstractSet[int]
    ) -> float | None:
        """Return what a trial must reach to go on, or None if all go on.

        Args:
            epochs: Epochs trained so far, from 1.
            reported: `{number: running best after so many epochs}` of all trials that came so
                far, those that are judged now included.
            completed: Numbers of the trials that were trained to their end.
        """
        ...


class HalvingPruner:
    """Asynchronous successive halving.

    At each rung (`first`, `first * factor`, `first * factor**2`, … epochs) a trial goes on if
    it is among the best `1 / factor` of the trials that reported there so far.

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
        """Return the last score among the best `1 / factor`, at a rung."""
        if not self._is_rung(epochs) or not reported:
            return None
        ranked = sorted(reported.values(), reverse=self._maximize)
        return ranked[max(1, len(ranked) // self._factor) - 1]

    def _is_rung(self, epochs: int) -> bool:
        rung = self._first
        while rung < epochs:
            rung *= self._factor
        return rung == epochs


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

    def bar(
        self, epochs: int, reported: Mapping[int, float], completed: AbstractSet[int]
    ) -> float | None:
        """Return the median of the completed trials, once there are enough of them."""
        if epochs < self._warmup or len(completed) < self._startup:
            return None
        values = [best for number, best in reported.items() if number in completed]
        return median(values) if values else None
