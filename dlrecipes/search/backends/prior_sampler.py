"""Proposals from what an earlier search found, from around the best so far, and from neither."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from statistics import NormalDist
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.trial import TrialState

from dlrecipes.results import Hyperparameter, Prior
from dlrecipes.search.backends.distributions import place_of, value_at
from dlrecipes.search.backends.encoding import Encoding, to_distribution, to_parameter
from dlrecipes.search.backends.proposal import stored_score
from dlrecipes.search.backends.random_sampler import draw

_SOURCES = ("uniform", "prior", "incumbent")
_MOVED = 0.5
"""The chance that a value of the incumbent is moved, or that a choice is drawn anew."""
_SPREAD = 0.25
"""How far a moved value goes: a standard deviation, as a share of the range."""
_TINY = 1e-12


class PriorSampler(optuna.samplers.BaseSampler):
    """Draws from a prior, from around the incumbent and from another sampler in turn.

    The first proposal is the prior's values themselves. Of the others every third is as `sampler`
    has it, every third is drawn from the prior (a normal distribution on each range's own scale,
    cut off at its ends), and every third is the best trial so far, the incumbent, of which each
    value is moved with probability one half. Until a trial has a score, the prior stands for the
    incumbent. So a prior that misleads costs two thirds of the trials at first, and one third
    once the search has found better.

    A proposal depends on the seed, the trial's number and the trials told so far, so that a
    resumed study proposes the same.

    Args:
        sampler: Proposes every third trial, and whatever has no prior.
        space: The search space.
        priors: `{hyperparameter: Prior(value, spread)}`.
        first: Number of the first trial that is proposed; those before it are queued.
        seed: Seed of what is drawn.

    Reference:
        Mallik et al. 2023, PriorBand: Practical Hyperparameter Optimization in the Age of Deep
        Learning (NeurIPS), whose ensemble of three samplers, chance and spread of moving these are;
        there the share of each is weighed anew with the budget of a trial, here they take turns.
    """

    def __init__(
        self,
        sampler: optuna.samplers.BaseSampler,
        space: tuple[Hyperparameter, ...],
        priors: Mapping[str, Prior],
        first: int,
        seed: int,
    ) -> None:
        self._sampler = sampler
        self._first = first
        self._seed = seed
        encoding = Encoding(space)
        self._distributions = encoding.distributions
        # {parameter: (its value, its spread)}
        self._priors: dict[str, tuple[Any, float]] = {}
        for asked in space:
            parameter, one = encoding.find(asked)
            if one.kind != "fixed" and one.name in priors:
                prior = priors[one.name]
                with suppress(ValueError):  # a choice that another scope has
                    held = to_parameter(one, prior.value)
                    place_of(to_distribution(one), held)
                    self._priors[parameter] = (held, prior.spread)

    def infer_relative_search_space(
        self, study: optuna.Study, trial: optuna.trial.FrozenTrial
    ) -> dict[str, BaseDistribution]:
        return self._sampler.infer_relative_search_space(study, trial)

    def sample_relative(
        self,
        study: optuna.Study,
        trial: optuna.trial.FrozenTrial,
        search_space: dict[str, BaseDistribution],
    ) -> dict[str, Any]:
        drawn = self._sampler.sample_relative(study, trial, search_space)
        source = _SOURCES[trial.number % 3]
        if trial.number == self._first:
            return {**drawn, **{name: self._itself(name) for name in self._priors}}
        if source == "uniform":
            return drawn
        best = _incumbent(study) if source == "incumbent" else None
        if best is None:
            return {**drawn, **self._from_prior(trial.number)}
        return {**drawn, **self._moved(trial.number, best)}

    def _from_prior(self, number: int) -> dict[str, Any]:
        found = {}
        for name, (held, spread) in self._priors.items():
            chance, unit = self._draw(number, name, "chance"), self._draw(number, name, "prior")
            if not self._is_choice(name):
                found[name] = _normal(self._distributions[name], held, spread, unit)
            else:
                anew = value_at(self._distributions[name], unit)
                found[name] = anew if chance < _MOVED else held
        return found

    def _moved(self, number: int, best: Mapping[str, Any]) -> dict[str, Any]:
        found = {}
        for name, distribution in self._distributions.items():
            if name not in best:  # of a scope that is closed there
                continue
            found[name] = best[name]
            unit = self._draw(number, name, "incumbent")
            if self._draw(number, name, "chance") >= _MOVED:
                continue
            if self._is_choice(name):
                found[name] = value_at(distribution, unit)
            else:
                found[name] = _normal(distribution, best[name], _SPREAD, unit)
        return found

    def _itself(self, name: str) -> Any:  # noqa: ANN401  (Optuna's)
        held, _ = self._priors[name]
        distribution = self._distributions[name]
        if distribution._contains(distribution.to_internal_repr(held)):
            return held
        return value_at(distribution, place_of(distribution, held))

    def _is_choice(self, name: str) -> bool:
        return isinstance(self._distributions[name], CategoricalDistribution)

    def _draw(self, number: int, name: str, what: str) -> float:
        return draw(self._seed, what, number, name)

    def sample_independent(
        self,
        study: optuna.Study,
        trial: optuna.trial.FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:  # noqa: ANN401  (Optuna's signature)
        return self._sampler.sample_independent(study, trial, param_name, param_distribution)


def _incumbent(study: optuna.Study) -> Mapping[str, Any] | None:
    """Return the parameters of the best finished trial, ties by number; None without one."""
    states = (TrialState.COMPLETE, TrialState.PRUNED)
    sign = -1.0 if study.direction == optuna.study.StudyDirection.MAXIMIZE else 1.0
    scored = [
        (sign * score, trial.number, trial.params)
        for trial in study.get_trials(deepcopy=False, states=states)
        if (score := stored_score(trial)) is not None
    ]
    return min(scored, key=lambda one: one[:2])[2] if scored else None


def _normal(distribution: BaseDistribution, held: Any, spread: float, unit: float) -> Any:  # noqa: ANN401
    """Return a value from a normal distribution around one, cut off at both ends of its range."""
    normal = NormalDist(place_of(distribution, held), spread)
    low, high = normal.cdf(0.0), normal.cdf(1.0)
    place = normal.inv_cdf(min(max(low + unit * (high - low), _TINY), 1 - _TINY))
    return value_at(distribution, min(max(place, 0.0), 1 - _TINY))
