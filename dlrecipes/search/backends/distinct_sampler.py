"""A sampler that does not propose a configuration twice, and the counting of configurations."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import optuna
from optuna.distributions import BaseDistribution

from dlrecipes.results import Hyperparameter, Value
from dlrecipes.search.backends.distributions import value_at
from dlrecipes.search.backends.encoding import Encoding, to_distribution, to_value
from dlrecipes.search.backends.random_sampler import draw
from dlrecipes.training.job import derive_seed

_AGAIN = 8
_AT_RANDOM = 32
# A trial's proposals are seeded by its number; that of another proposal must be no other trial's.
_APART = 1024
_MOST = 10_000
"""A space with more configurations is taken for one without end: no study tries them all."""

Configuration = tuple[tuple[str, Value], ...]


class DistinctSampler(optuna.samplers.BaseSampler):
    """Lets a sampler propose, and again where a trial of the study has the same values already.

    To train one configuration again tells the luck of its seed, and the luckiest would win. After
    eight proposals values are drawn at random; where the space can be counted, an untried
    configuration is taken in the end, while there is one. What is proposed depends on the seed,
    the trial's number and the trials before it, so that a resumed study proposes the same.

    A builder may ask for hyperparameters that are not in the space (behind a plain `if`). With
    other values of those, the same values of the space are another configuration.

    Args:
        sampler: Who proposes.
        space: The search space.
        seed: Seed of what is drawn at random.
        again: Whether it can be asked again; an oracle that knows the trials cannot.
    """

    def __init__(
        self,
        sampler: optuna.samplers.BaseSampler,
        space: tuple[Hyperparameter, ...],
        seed: int,
        *,
        again: bool = True,
    ) -> None:
        self._sampler = sampler
        self._space = space
        self._encoding = Encoding(space)
        self._seed = seed
        self._attempts = _AGAIN if again else 1
        self._tried: dict[Configuration, int] = {}
        self._open: dict[Configuration, bool] = {}
        self.number = count_configurations(space)
        """How many configurations there are; None where they cannot be counted."""
        self.asks_for_more: Callable[[dict[str, Value]], bool] = lambda values: False
        """Whether the builder asks for more hyperparameters than these."""

    def note(self, trial: int, values: dict[str, Value]) -> None:
        """Hear of a trial's values.

        Args:
            trial: Its number.
            values: Its values, active ones only.
        """
        if any(
            hyperparameter.active(values) and hyperparameter.name not in values
            for hyperparameter in self._space
        ):
            return  # what a dead process left: the rest is still to be proposed
        here = configuration(self._space, values)
        self._tried[here] = min(trial, self._tried.get(here, trial))
        late = values.keys() - {hyperparameter.name for hyperparameter in self._space}
        if late:
            self._open[here] = True

    @property
    def untried(self) -> int | None:
        """How many configurations no trial has; None where they cannot be counted."""
        if self.number is None:
            return None
        if self.number <= len(self._tried) and any(map(self._is_open, self._tried)):
            return None
        return max(0, self.number - len(self._tried))

    def _is_open(self, here: Configuration) -> bool:
        """Whether one set of values of the space stands for several configurations."""
        if here not in self._open:
            values = dict(here)
            for hyperparameter in self._space:
                if hyperparameter.kind == "fixed" and hyperparameter.active(values):
                    values[hyperparameter.name] = hyperparameter.choices[0]
            self._open[here] = self.asks_for_more(values)
        return self._open[here]

    def _is_new(self, values: dict[str, Value], trial: int) -> bool:
        here = configuration(self._space, values)
        return self._tried.get(here, trial) >= trial or self._is_open(here)

    # ---- Optuna's side

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
        return self._encoding.encode(self._new(study, trial))

    def _new(self, study: optuna.Study, trial: optuna.trial.FrozenTrial) -> dict[str, Any]:
        """Return the first proposal that is new, or where there is none, the first."""
        first = self._propose(study, trial)
        if "fixed_params" in trial.system_attrs or self._is_new(first, trial.number):
            return first
        for attempt in range(1, self._attempts):
            other = copy.copy(trial)
            other.number = trial.number + attempt * _APART
            values = self._propose(study, other)
            if self._is_new(values, trial.number):
                return values
        for attempt in range(_AT_RANDOM):
            values = self._drawn(trial.number, attempt)
            if self._is_new(values, trial.number):
                return values
        if self.number is not None:
            start = derive_seed(self._seed, "untried", trial.number)
            for values in configurations(self._space, start):
                if self._is_new(values, trial.number):
                    return values
        return first

    def _propose(self, study: optuna.Study, trial: optuna.trial.FrozenTrial) -> dict[str, Any]:
        """Return the sampler's values of all hyperparameters that are active with them."""
        among = self._sampler.infer_relative_search_space(study, trial)
        drawn = self._sampler.sample_relative(study, trial, among)
        values: dict[str, Any] = {}
        for hyperparameter in self._space:
            if hyperparameter.name in values or not hyperparameter.active(values):
                continue
            if hyperparameter.kind == "fixed":
                values[hyperparameter.name] = hyperparameter.choices[0]
                continue
            parameter, one = self._encoding.find(hyperparameter)
            distribution = to_distribution(one)
            if parameter in drawn and distribution._contains(
                distribution.to_internal_repr(drawn[parameter])
            ):
                held = drawn[parameter]
            else:
                held = self._sampler.sample_independent(study, trial, parameter, distribution)
            values[one.name] = to_value(one, held)
        return values

    def _drawn(self, trial: int, attempt: int) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for hyperparameter in self._space:
            if hyperparameter.name not in values and hyperparameter.active(values):
                unit = draw(self._seed, "again", trial, attempt, hyperparameter.name)
                held = value_at(to_distribution(hyperparameter), unit)
                values[hyperparameter.name] = to_value(hyperparameter, held)
        return values

    def sample_independent(
        self,
        study: optuna.Study,
        trial: optuna.trial.FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:  # noqa: ANN401  (Optuna's signature)
        return self._sampler.sample_independent(study, trial, param_name, param_distribution)


def configuration(space: tuple[Hyperparameter, ...], values: dict[str, Value]) -> Configuration:
    """Return what tells a configuration from others, whatever the order of its values.

    Args:
        space: The search space.
        values: Its values; those of hyperparameters that a builder asks for late are left out.
    """
    names = {
        hyperparameter.name
        for hyperparameter in space
        if hyperparameter.kind != "fixed" and hyperparameter.active(values)
    }
    return tuple(
        # Steps of .1 are not whole numbers of anything.
        (name, float(f"{value:.10g}") if isinstance(value, float) else value)
        for name, value in sorted(values.items())
        if name in names
    )


def count_configurations(space: tuple[Hyperparameter, ...]) -> int | None:
    """Return how many configurations there are; None where they cannot be counted.

    Args:
        space: The search space.
    """
    if not all(_countable(hyperparameter) for hyperparameter in space):
        return None
    number = sum(1 for _ in islice(configurations(space), _MOST + 1))
    return None if number > _MOST else number


def configurations(space: tuple[Hyperparameter, ...], start: int = 0) -> Iterator[dict[str, Value]]:
    """Yield the values of every configuration of a space that can be counted, each once.

    Args:
        space: The search space.
        start: Where in each range to begin, so that not always the same come first.
    """
    return _walk(space, 0, {}, start)


def _walk(
    space: tuple[Hyperparameter, ...], at: int, values: dict[str, Value], start: int
) -> Iterator[dict[str, Value]]:
    if at == len(space):
        yield dict(values)
        return
    hyperparameter = space[at]
    if hyperparameter.name in values or not hyperparameter.active(values):
        yield from _walk(space, at + 1, values, start)
        return
    number = _number_of_values(hyperparameter)
    for step in range(number):
        values[hyperparameter.name] = _value(hyperparameter, (start + step) % number)
        yield from _walk(space, at + 1, values, start)
        del values[hyperparameter.name]


def _countable(one: Hyperparameter) -> bool:
    return one.kind != "float" or one.step is not None


def _number_of_values(one: Hyperparameter) -> int:
    if one.choices:
        return len(one.grid if one.numeric else one.choices)
    return math.floor((one.high - one.low) / (one.step or 1) + 1e-9) + 1


def _value(one: Hyperparameter, at: int) -> Value:
    if one.choices:
        return one.grid[at] if one.numeric else one.choices[at]
    value = one.low + at * (one.step or 1)
    return int(value) if one.kind == "int" else min(value, one.high)
