"""A fresh, freshly seeded sampler for every proposal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import optuna
from optuna.distributions import BaseDistribution


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
