"""The configurations of a search space that can be counted."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import islice

from dlrecipes.results import Hyperparameter, Value

_MOST = 10_000
"""A space with more configurations is taken for one without end: no study tries them all."""

Configuration = tuple[tuple[str, Value], ...]


def configuration(space: tuple[Hyperparameter, ...], values: dict[str, Value]) -> Configuration:
    """Return what tells a configuration from others, whatever the order of its values.

    Args:
        space: The search space.
        values: Its values; those of hyperparameters that a builder asks for late are left out.
    """
    names = {one.name for one in space if one.kind != "fixed" and one.active(values)}
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
    if not all(_countable(one) for one in space):
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
    if not one.numeric:
        return len(one.choices)
    return math.floor((one.high - one.low) / (one.step or 1) + 1e-9) + 1


def _value(one: Hyperparameter, at: int) -> Value:
    if not one.numeric:
        return one.choices[at]
    value = one.low + at * (one.step or 1)
    return int(value) if one.kind == "int" else min(value, one.high)
