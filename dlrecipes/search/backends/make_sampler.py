"""From a stage's names to samplers and pruners."""

from __future__ import annotations

import optuna

from dlrecipes.results import Hyperparameter, Stage
from dlrecipes.search.backends.distinct_sampler import DistinctSampler
from dlrecipes.search.backends.keras_tuner_sampler import KerasTunerSampler
from dlrecipes.search.backends.pruners import HalvingPruner, MedianPruner, Pruner
from dlrecipes.search.backends.random_sampler import RandomSampler
from dlrecipes.search.backends.seeded_sampler import SeededSampler
from dlrecipes.search.backends.sobol_sampler import SobolSampler
from dlrecipes.training.seeds import derive_seed


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
    return DistinctSampler(_named_sampler(stage, space, seed), space, distinct, again=again)


def _named_sampler(
    stage: Stage, space: tuple[Hyperparameter, ...], seed: int
) -> optuna.samplers.BaseSampler:
    if stage.sampler == "sobol":
        return SobolSampler(space, stage.trials, derive_seed(seed, stage.name, "sobol"))
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
