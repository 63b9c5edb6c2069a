"""All configurations of a space that can be counted."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution

from dlrecipes.results import Hyperparameter, Value
from dlrecipes.search.backends.distinct_sampler import configurations
from dlrecipes.search.backends.distributions import value_at
from dlrecipes.search.backends.encoding import Encoding
from dlrecipes.search.backends.random_sampler import draw


class GridSampler(optuna.samplers.BaseSampler):
    """Proposes each configuration of a grid once, in an order that follows from the seed.

    Optuna's own wants the same hyperparameters in every trial: it knows no conditions, and would
    train again what differs in an inactive one only.

    Args:
        space: The grid, from `lay_grid`.
        seed: Seed of the order.
    """

    def __init__(self, space: tuple[Hyperparameter, ...], seed: int) -> None:
        self._space = space
        self._encoding = Encoding(space)
        self._seed = seed

    @cached_property
    def _points(self) -> list[dict[str, Value]]:
        points = list(configurations(self._space))
        order = np.random.default_rng(self._seed).permutation(len(points))
        return [points[at] for at in order]

    def infer_relative_search_space(
        self, study: optuna.Study, trial: optuna.trial.FrozenTrial
    ) -> dict[str, BaseDistribution]:
        return self._encoding.distributions

    def sample_relative(
        self,
        study: optuna.Study,
        trial: optuna.trial.FrozenTrial,
        search_space: dict[str, BaseDistribution],
    ) -> dict[str, Any]:
        return self._encoding.encode(self._points[trial.number % len(self._points)])

    def sample_independent(
        self,
        study: optuna.Study,
        trial: optuna.trial.FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:  # noqa: ANN401  (Optuna's signature)
        # What a builder asks for late has no place in the grid.
        return value_at(param_distribution, draw(self._seed, "late", trial.number, param_name))
