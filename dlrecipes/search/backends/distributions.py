"""A value from a place in one of Optuna's distributions."""

from __future__ import annotations

import math
from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)


def value_at(distribution: BaseDistribution, unit: float) -> Any:  # noqa: ANN401  (Optuna's)
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


def place_of(distribution: BaseDistribution, value: Any) -> float:  # noqa: ANN401  (Optuna's)
    """Return a place in [0, 1) at which `value_at` gives a value; of one outside, the nearest end.

    Args:
        distribution: Optuna's.
        value: A number, or one of the choices.

    Raises:
        ValueError: If it is none of the choices, or no number.
    """
    if isinstance(distribution, CategoricalDistribution):
        return (distribution.choices.index(value) + 0.5) / len(distribution.choices)
    if not isinstance(distribution, FloatDistribution | IntDistribution):
        raise TypeError(f"unknown distribution {distribution!r}")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"no number: {value!r}")
    low, high, step = distribution.low, distribution.high, distribution.step
    value = min(max(value, low), high)
    if isinstance(distribution, IntDistribution) and distribution.log:
        place = math.log(value / (low - 0.5)) / math.log((high + 0.5) / (low - 0.5))
    elif distribution.log:
        place = math.log(value / low) / math.log(high / low)
    elif step is not None:
        number = math.floor((high - low) / step + 1e-9) + 1
        place = (round((value - low) / step) + 0.5) / number
    else:
        place = (value - low) / (high - low)
    return min(max(place, 0.0), 1.0 - 1e-12)
