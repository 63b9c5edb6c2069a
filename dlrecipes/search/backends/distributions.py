"""From a search space to Optuna's distributions."""

from __future__ import annotations

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from dlrecipes.results import Hyperparameter


def to_distribution(one: Hyperparameter) -> BaseDistribution:
    """Return Optuna's distribution for a hyperparameter; a fixed one has a single choice."""
    if one.kind == "float":
        return FloatDistribution(one.low, one.high, log=one.log, step=one.step)
    if one.kind == "int":
        return IntDistribution(int(one.low), int(one.high), log=one.log, step=int(one.step or 1))
    return CategoricalDistribution(one.choices)


def to_distributions(space: tuple[Hyperparameter, ...]) -> dict[str, BaseDistribution]:
    """Return `{name: distribution}` of everything in the space that varies."""
    return {one.name: to_distribution(one) for one in space if one.kind != "fixed"}
