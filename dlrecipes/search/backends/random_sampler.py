"""Random values, each drawn by itself."""

from __future__ import annotations

from typing import Any

import optuna
from optuna.distributions import BaseDistribution

from dlrecipes.search.backends.distributions import value_at
from dlrecipes.training.job import derive_seed


def draw(seed: int, *path: str | int) -> float:
    """Return a number in [0, 1) that depends on the seed and the path alone."""
    return derive_seed(seed, *path) / 2**31


class RandomSampler(optuna.samplers.BaseSampler):
    """Draws a value from the seed, the trial's number and the hyperparameter's name alone.

    So a resumed study proposes what an unbroken one would. Optuna's own would have to be made
    anew for every value, which costs more than all else that is done for a trial.

    Args:
        seed: The run's seed.
        stage: The stage's name.
    """

    def __init__(self, seed: int, stage: str) -> None:
        self._seed = seed
        self._stage = stage

    def infer_relative_search_space(
        self, study: optuna.Study, trial: optuna.trial.FrozenTrial
    ) -> dict[str, BaseDistribution]:
        return {}

    def sample_relative(
        self,
        study: optuna.Study,
        trial: optuna.trial.FrozenTrial,
        search_space: dict[str, BaseDistribution],
    ) -> dict[str, Any]:
        return {}

    def sample_independent(
        self,
        study: optuna.Study,
        trial: optuna.trial.FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:  # noqa: ANN401  (Optuna's signature)
        unit = draw(self._seed, self._stage, "proposal", trial.number, param_name)
        return value_at(param_distribution, unit)
