"""From a stage's names to samplers, freshly seeded for every proposal, and to pruners."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set as AbstractSet
from statistics import median
from typing import Any, Protocol

import optuna
from optuna.distributions import BaseDistribution

from dlrecipes.results import Hyperparameter, Stage
from dlrecipes.search.backends.distinct_sampler import DistinctSampler
from dlrecipes.search.backends.grid_sampler import GridSampler
from dlrecipes.search.backends.keras_tuner_sampler import KerasTunerSampler
from dlrecipes.search.backends.prior_sampler import PriorSampler
from dlrecipes.search.backends.random_sampler import RandomSampler
from dlrecipes.search.backends.sobol_sampler import SobolSampler
from dlrecipes.training.job import derive_seed


def make_sampler(stage: Stage, space: tuple[Hyperparameter, ...], seed: int) -> DistinctSampler:
    """Return the sampler that a stage names, which does not propose one configuration twice.

    Args:
        stage: The stage.
        space: Its search space, with its ranges.
        seed: The run's seed.
    """
    # KerasTuner's oracles are told all trials and propose no one of them again while they can.
    again = not stage.sampler.startswith("keras_tuner")
    distinct = derive_seed(seed, stage.name, "distinct")
    sampler = _named_sampler(stage, space, seed)
    if stage.priors:
        prior = derive_seed(seed, stage.name, "prior")
        sampler = PriorSampler(sampler, space, stage.priors, len(stage.first), prior)
    return DistinctSampler(sampler, space, distinct, again=again)


def _named_sampler(
    stage: Stage, space: tuple[Hyperparameter, ...], seed: int
) -> optuna.samplers.BaseSampler:
    if stage.sampler == "sobol":
        return SobolSampler(space, stage.trials, derive_seed(seed, stage.name, "sobol"))
    if stage.sampler == "grid":
        return GridSampler(space, derive_seed(seed, stage.name, "grid"))
    if stage.sampler == "random":
        return RandomSampler(seed, stage.name)

    def make(number: int, name: str) -> optuna.samplers.BaseSampler:
        proposal_seed = derive_seed(seed, stage.name, "proposal", number, name)
        # The samplers' own defaults (10, or 3 a dimension) would be all of a short stage.
        startup = min(10, max(2, stage.trials // 4))
        if stage.sampler == "tpe":
            return optuna.samplers.TPESampler(
                multivariate=True, constant_liar=True, n_startup_trials=startup, seed=proposal_seed
            )
        return KerasTunerSampler(stage.sampler, space, proposal_seed, startup)

    return SeededSampler(make)


def make_pruner(stage: Stage, *, maximize: bool, reports: int | None = None) -> Pruner | None:
    """Return the pruner that a stage names, if any; both leave the first reports alone.

    Pruning harder saves less than it loses with TPE (optuna/optuna#2906), so halving keeps
    the better third.

    Args:
        stage: The stage.
        maximize: Whether more is better.
        reports: How often a trial reports; None for once an epoch.
    """
    reports = stage.epochs if reports is None else reports
    warmup = min(reports, max(2, reports // 4))
    if stage.pruner == "median":
        return MedianPruner(4, warmup)
    if stage.pruner == "halving":
        return HalvingPruner(warmup, 3, maximize=maximize)
    return None


class SeededSampler(optuna.samplers.BaseSampler):
    """Makes the sampler anew for whatever it draws, seeded by the trial's number and the name.

    A sampler's own random state is lost when the process is, so a resumed study would propose
    something else than an unbroken one; here a value depends on seed, number, name and the
    trials told so far, and not on what was drawn before it.

    Args:
        make: Takes a trial's number, and the name of a hyperparameter that is drawn by itself
            or `""` for those drawn together, and returns the sampler.
    """

    def __init__(self, make: Callable[[int, str], optuna.samplers.BaseSampler]) -> None:
        self._make = make
        self._inferring = make(0, "")

    def infer_relative_search_space(
        self, study: optuna.Study, trial: optuna.trial.FrozenTrial
    ) -> dict[str, BaseDistribution]:
        # It depends on the trials told so far and on no seed: one sampler goes on from what it
        # has seen, where a fresh one would look through the whole study.
        return self._inferring.infer_relative_search_space(study, trial)

    def sample_relative(
        self,
        study: optuna.Study,
        trial: optuna.trial.FrozenTrial,
        search_space: dict[str, BaseDistribution],
    ) -> dict[str, Any]:
        return self._make(trial.number, "").sample_relative(study, trial, search_space)

    def sample_independent(
        self,
        study: optuna.Study,
        trial: optuna.trial.FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:  # noqa: ANN401  (Optuna's signature)
        sampler = self._make(trial.number, param_name)
        return sampler.sample_independent(study, trial, param_name, param_distribution)


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
