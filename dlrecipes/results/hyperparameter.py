"""One dimension of a search space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dlrecipes.results.plan_change import Value


@dataclass(frozen=True)
class Hyperparameter:
    """A hyperparameter as a builder declared it, or with a range that a stage gave it.

    Args:
        name: The name the builder asks for.
        kind: `"float"`, `"int"`, `"choice"`, `"boolean"` or `"fixed"`.
        low: Lower end of the range, included (`"float"`, `"int"`).
        high: Upper end of the range, included (`"float"`, `"int"`).
        step: Distance between values on a linear scale; None for any.
        log: Whether the range is searched on a logarithmic scale.
        choices: The values of a choice, a boolean or a fixed hyperparameter.
        default: The builder's default.
        conditions: Pairs `(parent, values)` that must all hold for it to be active.
    """

    name: str
    kind: Literal["float", "int", "choice", "boolean", "fixed"]
    low: float = 0.0
    high: float = 0.0
    step: float | None = None
    log: bool = False
    choices: tuple[Value, ...] = ()
    default: Value = None
    conditions: tuple[tuple[str, tuple[Value, ...]], ...] = ()

    @property
    def numeric(self) -> bool:
        """Whether it has a range with a lower and an upper end."""
        return self.kind in ("float", "int")

    @property
    def described(self) -> str:
        """Kind and range in words, such as `"from 8 to 32 by 8"`."""
        if not self.numeric:
            values = ", ".join(map(repr, self.choices))
            return f"{'fixed at' if self.kind == 'fixed' else 'one of'} {values}"
        whole = "whole numbers " if self.kind == "int" else ""
        step = "" if self.step is None else f" by {self.step:g}"
        return f"{whole}from {self.low:g} to {self.high:g}{step}{' on a log scale' * self.log}"

    def same_range(self, other: Hyperparameter) -> bool:
        """Whether another one has the same values to choose from, under the same conditions.

        The order of a choice's values does not matter, nor does the default.

        Args:
            other: A hyperparameter.
        """
        return self._range == other._range

    @property
    def _range(self) -> tuple[object, ...]:
        choices = frozenset(self.choices)
        return (
            *(self.name, self.kind, self.low, self.high, self.step, self.log),
            *(choices, self.conditions),
        )

    def active(self, values: dict[str, Value]) -> bool:
        """Whether all its conditions hold under `values`."""
        return all(values.get(parent) in allowed for parent, allowed in self.conditions)
