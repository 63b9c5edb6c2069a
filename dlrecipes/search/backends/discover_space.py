"""From a builder to the search space that it declares."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import replace

import keras
import keras_tuner

from dlrecipes.results import Hyperparameter, Value
from dlrecipes.search.backends.distributions import value_at
from dlrecipes.search.backends.encoding import to_distribution, to_value
from dlrecipes.search.backends.hyperparameters import AskedHyperParameters, Declarations
from dlrecipes.search.backends.mixed_choice import HyperParameters
from dlrecipes.search.backends.space import (
    Build,
    fill_active,
    read_hyperparameter,
    run_builder,
)

_PLACES = (0.5, 0.25, 0.75, 0.4)
"""Where in their ranges numbers are put when a builder is tried with other values than its
defaults; the ends are left alone, for the largest network may be very large."""

_SECONDS = 2.0
"""So long at most such values are tried, after the first ones: trials look at their ranges, too."""

Look = Callable[[dict[str, Value], keras.Model], None]


def discover_space(build: Build, look: Look | None = None) -> tuple[Hyperparameter, ...]:
    """Find every hyperparameter that a builder may ask for, conditional ones included.

    The builder runs once with its defaults and once more for each conditional scope that was
    not active yet, as in KerasTuner. Then it runs one to four times with other values, fewer where
    it takes seconds, to see whether its ranges stay the same; what it raises there for other
    reasons is left to the trials.

    Args:
        build: Takes a `keras_tuner.HyperParameters` and returns a compiled model.
        look: Called with the values and what the builder made of them, each time.

    Returns:
        The hyperparameters in the order in which they are asked for, parents first.

    Raises:
        BuilderError: If the builder fails with its defaults, or asks for two ranges under one
            name.
    """
    declarations = Declarations()
    space = _walk_scopes(build, declarations, look)
    began = time.monotonic()
    for number, values in enumerate(_other_values(space)):
        if number and time.monotonic() - began > _SECONDS:
            break
        hyperparameters = AskedHyperParameters(declarations, values)
        try:
            model = build(hyperparameters)
        except Exception:  # a builder may refuse values; then those trials fail
            model = None
        if declarations.error is not None:
            raise declarations.error
        if model is not None and look is not None:
            look(hyperparameters.values, model)
    return space


def _walk_scopes(
    build: Build, declarations: Declarations, look: Look | None
) -> tuple[Hyperparameter, ...]:
    known = HyperParameters()
    waiting: list[list[keras_tuner.engine.conditions.Condition]] = []
    seen: list[list[keras_tuner.engine.conditions.Condition]] = []
    current = AskedHyperParameters(declarations)
    while True:
        model = run_builder(build, current)
        if look is not None:
            look(current.values, model)
        known.merge(current, overwrite=False)
        seen += [scope for scope in current.active_scopes if scope not in seen]
        waiting += [scope for scope in current.inactive_scopes if scope not in waiting]
        waiting = [scope for scope in waiting if scope not in seen]
        if not waiting:
            break
        scope = waiting.pop(0)
        seen.append(copy.deepcopy(scope))
        current = AskedHyperParameters.from_config(known.get_config())
        current.declarations = declarations
        for condition in scope:
            current.values[condition.name] = condition.values[0]
        fill_active(current)
    space = tuple(read_hyperparameter(hyperparameter) for hyperparameter in known.space)
    # Between two values of a parent no scope would be open.
    parents = {parent for one in space for parent, _ in one.conditions}
    return tuple(replace(one, ordered=one.ordered and one.name not in parents) for one in space)


def _other_values(space: tuple[Hyperparameter, ...]) -> list[dict[str, Value]]:
    """Return values of which each hyperparameter has at least two, its default apart."""
    choices = max((len(hyperparameter.choices) for hyperparameter in space), default=0)
    vary = any(hyperparameter.kind != "fixed" for hyperparameter in space)
    return [
        _values_at(space, at, place)
        for at, place in enumerate(_PLACES[: max(2, choices - 1)] if vary else ())
    ]


def _values_at(space: tuple[Hyperparameter, ...], at: int, place: float) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for hyperparameter in space:
        if hyperparameter.name in values or not hyperparameter.active(values):
            continue
        if hyperparameter.numeric:
            value = to_value(hyperparameter, value_at(to_distribution(hyperparameter), place))
        else:
            choices = hyperparameter.choices
            default = hyperparameter.default
            first = choices.index(default) if default in choices else 0
            value = choices[(first + 1 + at) % len(choices)]
        values[hyperparameter.name] = value
    return values
