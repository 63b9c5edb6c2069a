"""From a builder's values to Optuna's parameters, and back: the one place that knows both."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from pydantic import TypeAdapter

from dlrecipes.results import Hyperparameter, Value

_LATE = "dlrecipes:late:"
"""A study's attributes that hold what a builder asked for late begin with it."""

_HYPERPARAMETER = TypeAdapter(Hyperparameter)
_LONGEST_SCOPE = 200
# A database has 2048 characters for a distribution.
_LONGEST_CHOICES = 1500


class Encoding:
    """How one study holds the values of a builder.

    Most of them are parameters of Optuna under their own names. Three kinds are not:

    - Values with steps on a logarithmic scale, which Optuna lacks, and choices too long for a
      database: the parameter is the place among the choices, called `"units (index)"`.
    - A range whose logarithmic scale is mirrored: the parameter is the mirrored number, called
      `"momentum (mirrored)"`.
    - One name with other values in another scope: Optuna has one distribution a name, so each
      scope but the first has a parameter of its own, called `"units (size='large')"`.

    Args:
        space: The search space.
        attributes: The study's user attributes, which say what a builder asked for late.
    """

    def __init__(
        self, space: Iterable[Hyperparameter] = (), attributes: Mapping[str, Any] | None = None
    ) -> None:
        self._known: dict[str, Hyperparameter] = {}
        self._space = tuple(space)
        for one in self._space:
            self.find(one)
        for name, stored in (attributes or {}).items():
            if name.startswith(_LATE):
                late = _HYPERPARAMETER.validate_python(stored)
                self._known.setdefault(name.removeprefix(_LATE), late)

    @property
    def distributions(self) -> dict[str, BaseDistribution]:
        """Each parameter of the search space that varies."""
        return {
            parameter: to_distribution(one)
            for parameter, one in (self.find(one) for one in self._space)
            if one.kind != "fixed"
        }

    def find(self, one: Hyperparameter) -> tuple[str, Hyperparameter]:
        """Return the parameter's name, and the hyperparameter as the study knows it."""
        parameter = one.name
        for parameter in _names(one):
            known = self._known.setdefault(parameter, one)
            if known.same_values(one):
                return parameter, known
        return parameter, one

    def name(self, parameter: str) -> str:
        """Return the builder's name of what Optuna holds as a parameter."""
        return self._known[parameter].name if parameter in self._known else parameter

    def late(self, one: Hyperparameter) -> dict[str, Any]:
        """Return what a study must remember of a hyperparameter it did not know; else nothing."""
        before = set(self._known)
        parameter, _ = self.find(one)
        return {} if parameter in before else {_LATE + parameter: asdict(one)}

    def encode(self, values: Mapping[str, Value]) -> dict[str, Any]:
        """Return the parameters of what varies in the search space, and the late values as given.

        Args:
            values: A builder's values, active ones only.

        Raises:
            ValueError: If a value is none of the choices.
        """
        parameters: dict[str, Any] = {}
        encoded = set()
        for asked in self._space:
            if asked.name in values and asked.active(dict(values)):
                encoded.add(asked.name)
                parameter, one = self.find(asked)
                if one.kind != "fixed":
                    parameters[parameter] = to_parameter(one, values[one.name])
        late = {name: value for name, value in values.items() if name not in encoded}
        return {**parameters, **late}

    def decode(self, parameters: Mapping[str, Any]) -> dict[str, Value]:
        """Return the builder's values.

        Args:
            parameters: Optuna's, also of a study from before there was this encoding, in which
                each is under its own name.
        """
        values: dict[str, Value] = {}
        for parameter, held in parameters.items():
            one = self._known.get(parameter)
            values[parameter if one is None else one.name] = (
                held if one is None else to_value(one, held)
            )
        return values


def to_distribution(one: Hyperparameter) -> BaseDistribution:
    """Return the distribution of a hyperparameter's parameter; a fixed one has one choice."""
    if one.numeric and one.choices:
        grid = one.grid
        return IntDistribution(one.choices.index(grid[0]), one.choices.index(grid[-1]))
    if _is_long(one):
        return CategoricalDistribution(tuple(range(len(one.choices))))
    if not one.numeric:
        return CategoricalDistribution(one.choices)
    low, high = sorted((one.mirrored(one.low), one.mirrored(one.high)))
    if one.kind == "int":
        step = int(one.step or 1)
        last = int(low) + (int(high) - int(low)) // step * step
        return IntDistribution(int(low), last, log=one.log, step=step)
    return FloatDistribution(low, _last(low, high, one.step), log=one.log, step=one.step)


def _last(low: float, high: float, step: float | None) -> float:
    """Return the last value of a range with steps, which Optuna wants as its end."""
    if step is None:
        return high
    whole = int((high - low) / step + 1e-9)
    return float(Decimal(str(low)) + whole * Decimal(str(step)))


def to_parameter(one: Hyperparameter, value: Value) -> Any:  # noqa: ANN401  (Optuna's)
    """Return a parameter from its value.

    Raises:
        ValueError: If the value is none of the choices.
    """
    if _has_index(one):
        return one.choices.index(value)
    if one.mirror is None or not isinstance(value, int | float):
        return value
    number = one.mirrored(value)
    return round(number) if one.kind == "int" else number


def to_value(one: Hyperparameter, parameter: Any) -> Value:  # noqa: ANN401  (Optuna's)
    """Return a value from its parameter."""
    if _has_index(one):
        return one.choices[int(parameter)]
    if one.mirror is None:
        value: Value = parameter
        return value
    for end in (one.low, one.high):  # itself, and not but for a rounding error
        if parameter == one.mirrored(end):
            return int(end) if one.kind == "int" else float(end)
    number = one.mirrored(parameter)
    return round(number) if one.kind == "int" else min(max(number, one.low), one.high)


def _names(one: Hyperparameter) -> Iterator[str]:
    form = " (index)" if _has_index(one) else " (mirrored)" if one.mirror is not None else ""
    yield one.name + form
    if one.conditions:
        scope = one.scope
        if len(scope) > _LONGEST_SCOPE:
            scope = hashlib.sha256(scope.encode()).hexdigest()[:16]
        yield f"{one.name}{form} ({scope})"


def _has_index(one: Hyperparameter) -> bool:
    return (one.numeric and bool(one.choices)) or _is_long(one)


def _is_long(one: Hyperparameter) -> bool:
    return one.kind == "choice" and len(json.dumps(one.choices)) > _LONGEST_CHOICES
