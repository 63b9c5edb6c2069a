"""Scrambled Sobol points over the whole space."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

import numpy as np
import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from scipy.stats import qmc

from dlrecipes.results import Hyperparameter
from dlrecipes.search.backends.distributions import to_distributions
from dlrecipes.training.seeds import derive_seed


class SobolSampler(optuna.samplers.BaseSampler):
    """Proposes the points of one scrambled Sobol sequence, trial number by trial number.

    Low-discrepancy points cover a range more evenly than random ones (Sobol 1967; Owen 1998
    for the scrambling), and trial n's point depends on the seed and n alone. Optuna's own
    sampler is experimental and slower by an order of magnitude.

    Args:
        space: The search space; each varying hyperparameter is one dimension.
        points: How many points will be needed, to draw them in one go.
        seed: Seed of the scrambling.
    """

    def __init__(self, space: tuple[Hyperparameter, ...], points: int, seed: int) -> None:
        self._distributions = to_distributions(space)
        self._points = max(points, 2)
        self._seed = seed

    @cached_property
    def _sequence(self) -> np.ndarray:
        """Points in the unit cube; a power of two of them, which balances the sequence."""
        sobol = qmc.Sobol(len(self._distributions), scramble=True, rng=self._seed)
        return np.asarray(sobol.random_base2(math.ceil(math.log2(self._points))))

    def infer_relative_search_space(
        self, study: optuna.Study, trial: optuna.trial.FrozenTrial
    ) -> dict[str, BaseDistribution]:
        return self._distributions

    def sample_relative(
        self,
        study: optuna.Study,
        trial: optuna.trial.FrozenTrial,
        search_space: dict[str, BaseDistribution],
    ) -> dict[str, Any]:
        if not search_space:
            return {}
        if trial.number >= len(self._sequence):
            self._points = 2 * (trial.number + 1)
            del self._sequence
        point = self._sequence[trial.number]
        return {
            name: _at(distribution, float(coordinate))
            for (name, distribution), coordinate in zip(search_space.items(), point, strict=True)
        }

    def sample_independent(
        self,
        study: optuna.Study,
        trial: optuna.trial.FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:  # noqa: ANN401  (Optuna's signature)
        # One seed a value: it must not depend on what else was drawn in this process.
        seed = derive_seed(self._seed, "late", trial.number, param_name)
        sampler = optuna.samplers.RandomSampler(seed=seed)
        return sampler.sample_independent(study, trial, param_name, param_distribution)


def _at(distribution: BaseDistribution, unit: float) -> Any:  # noqa: ANN401
    """Return the value at `unit` in [0, 1) of a distribution's own scale."""
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices[int(unit * len(distribution.choices))]
    if not isinstance(distribution, FloatDistribution | IntDistribution):
        raise TypeError(f"unknown distribution {distribution!r}")
    low, high, step = distribution.low, distribution.high, distribution.step
    if isinstance(distribution, IntDistribution):
        if distribution.log:
            value = math.exp(math.log(low - 0.5) + unit * math.log((high + 0.5) / (low - 0.5)))
            return int(min(max(round(value), low), high))
        return int(low + distribution.step * int(unit * ((high - low) // distribution.step + 1)))
    if distribution.log:
        value = math.exp(math.log(low) + unit * math.log(high / low))
    elif step is not None:
        value = low + step * int(unit * (math.floor((high - low) / step + 1e-9) + 1))
    else:
        value = low + unit * (high - low)
    return min(max(value, low), high)
