"""How a study spends its trials: stages, the ranges that they search, and a change to them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

from dlrecipes.checks import check_choice, check_integer, check_real
from dlrecipes.errors import ArgumentError
from dlrecipes.results.stopping import Stopping

SAMPLERS = ("sobol", "random", "grid", "tpe", "keras_tuner_random", "keras_tuner_bayesian")
PRUNERS = ("none", "median", "halving")
Value = float | int | str | bool | None


@dataclass(frozen=True)
class Plan:
    """The stages of a study and what holds for all of them.

    Args:
        stages: The stages in their order; names differ.
        batch_size: Examples a batch, unless the builder asks for `batch_size` itself.
        refit_seeds: How often the winner is trained again, with other seeds; at least 1.
        refit_epochs: Epochs of a refit; None for those of the longest stage or, where a penalty was
            declared, of the winning trial.
        patience: Epochs without a better validation score after which a training ends;
            None trains all epochs. The best epoch's weights are kept either way.
        min_delta: How much better a score must be for patience to count it, at least 0.
        max_loss_rise: A training ends once its validation loss lies above its best by more than
            this, in the unit of the loss, at least 0; None for any height.
        limits: `{hyperparameter: (low, high)}`, the hard ends beyond which no range is widened.

    Raises:
        ArgumentError: If a number is out of range, a name is used twice or there is no stage.

    Example:
        >>> stage = dlr.Stage("all", trials=20, epochs=10, sampler="random")
        >>> plan = dlr.Plan((stage,), batch_size=64)
        >>> plan.trials, plan.refit_seeds
        (20, 3)
    """

    stages: tuple[Stage, ...]
    batch_size: int = 32
    refit_seeds: int = 3
    refit_epochs: int | None = None
    patience: int | None = None
    min_delta: float = 0.0
    max_loss_rise: float | None = None
    limits: dict[str, tuple[float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = [stage.name for stage in self.stages]
        if not names or len(set(names)) < len(names):
            raise ArgumentError(
                "A plan must have at least one stage, and their names must differ.",
                received=f"stages={names}",
            )
        check_integer("batch_size", self.batch_size, 1)
        check_integer("refit_seeds", self.refit_seeds, 1)
        if self.refit_epochs is not None:
            check_integer("refit_epochs", self.refit_epochs, 1)
        _ = self.stopping  # is checked there
        for name, (low, high) in self.limits.items():
            check_real(f"limits[{name!r}][0]", low)
            check_real(f"limits[{name!r}][1]", high)
            if low >= high:
                raise ArgumentError(
                    "The lower limit must lie below the upper one.",
                    received=f"limits[{name!r}]=({low:g}, {high:g})",
                )

    @property
    def stopping(self) -> Stopping:
        """What ends a training before its last epoch."""
        return Stopping(self.patience, self.min_delta, self.max_loss_rise)

    @property
    def trials(self) -> int:
        """All search trials; refits are extra."""
        return sum(stage.trials for stage in self.stages)


@dataclass(frozen=True)
class Stage:
    """One stage of a search: so many trials of so many epochs, proposed in one way.

    Args:
        name: The stage's name; the study in the storage is called after it.
        trials: Number of trials, at least 0.
        epochs: Epochs of a trial that is not pruned, at least 1.
        sampler: `"sobol"` (scrambled Sobol points), `"random"`, `"grid"` (for comparison: as many
            values of each range as all combinations fit into the trials, evenly from end to end on
            its own scale), `"tpe"` (multivariate TPE), or a KerasTuner oracle:
            `"keras_tuner_random"`, `"keras_tuner_bayesian"`.
        pruner: `"none"`, `"median"` or `"halving"` (asynchronous successive halving,
            in which trials advance together and are judged again by what came later).
        ranges: `{hyperparameter: (low, high)}` that replace the builder's ranges.
        narrow: Whether the stage first narrows the ranges around the best trials so far; a coarse
            list of floats becomes the range between the neighbours of the best one.
        widen: Whether the range of a best value at its edge is widened and searched again.

    Raises:
        ArgumentError: If a number, a name or a range is not valid.

    Example:
        >>> stage = dlr.Stage("random", trials=20, epochs=10, sampler="random", pruner="none")
        >>> stage.pruner, stage.ranges
        ('none', {})
    """

    name: str
    trials: int
    epochs: int
    sampler: str = "tpe"
    pruner: str = "median"
    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)
    narrow: bool = False
    widen: bool = False

    def __post_init__(self) -> None:
        if not self.name or "/" in self.name:
            raise ArgumentError(
                "The name of a stage must be a non-empty word without a slash.",
                received=f"name={self.name!r}",
            )
        check_integer("trials", self.trials, 0)
        check_integer("epochs", self.epochs, 1)
        check_choice("sampler", self.sampler, SAMPLERS)
        check_choice("pruner", self.pruner, PRUNERS)
        for hyperparameter, (low, high) in self.ranges.items():
            check_real(f"ranges[{hyperparameter!r}][0]", low)
            check_real(f"ranges[{hyperparameter!r}][1]", high)
            if low >= high:
                raise ArgumentError(
                    "The lower end of a range must lie below its upper end.",
                    received=f"ranges[{hyperparameter!r}]=({low:g}, {high:g})",
                )


@dataclass(frozen=True)
class Hyperparameter:
    """A hyperparameter as a builder declared it, or with a range that a stage gave it.

    Args:
        name: The name the builder asks for.
        kind: `"float"`, `"int"`, `"choice"`, `"boolean"` or `"fixed"`.
        low: Lower end of the range, included (`"float"`, `"int"`).
        high: Upper end of the range, included (`"float"`, `"int"`).
        step: Distance between values on a linear scale, the factor between them on a logarithmic
            one; None for any.
        log: Whether the range is searched on a logarithmic scale.
        choices: The values of a choice, a boolean or a fixed hyperparameter; of a number with
            steps on a logarithmic scale, all that the builder allows, in ascending order.
        default: The builder's default.
        conditions: Pairs `(parent, values)` that must all hold for it to be active.
        mirror: Where the logarithmic scale is that of `mirror - value`, fine at the upper end
            (KerasTuner's `reverse_log`): the sum of the builder's two ends. None for an ordinary
            scale.
        ordered: Whether a choice is a coarse list, at least three floats between which a stage that
            narrows may search; not so under KerasTuner's `ordered=False`.
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
    mirror: float | None = None
    ordered: bool = False

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
        scale = " on a reversed log scale" if self.mirror is not None else " on a log scale"
        return f"{whole}from {self.low:g} to {self.high:g}{step}{scale * self.log}"

    @property
    def grid(self) -> tuple[float, ...]:
        """The values between both ends, of a number with steps on a logarithmic scale."""
        numbers = [value for value in self.choices if isinstance(value, int | float)]
        return tuple(value for value in numbers if self.low <= value <= self.high)

    @property
    def scope(self) -> str:
        """Its conditions in words, such as `"size='small'"`; empty where it has none."""
        return ", ".join(
            f"{parent}={' or '.join(map(repr, values))}" for parent, values in self.conditions
        )

    def mirrored(self, value: float) -> float:
        """Return the number whose logarithm is searched for a value; and from it the value.

        Args:
            value: A value, or its mirrored number.
        """
        if self.mirror is None:
            return value
        return max(self.mirror - value, math.ulp(self.mirror))

    def same_values(self, other: Hyperparameter) -> bool:
        """Whether another one has the same name and values to choose from, whatever its scope.

        Args:
            other: A hyperparameter.
        """
        return self._values == other._values

    def same_range(self, other: Hyperparameter) -> bool:
        """Whether another one has the same values to choose from, under the same conditions.

        The order of a choice's values does not matter, nor does the default.

        Args:
            other: A hyperparameter.
        """
        return self._values == other._values and self.conditions == other.conditions

    @property
    def _values(self) -> tuple[object, ...]:
        choices = frozenset((type(choice), choice) for choice in self.choices)
        return (
            *(self.name, self.kind, self.low, self.high, self.step, self.log),
            *(self.mirror, choices),
        )

    def active(self, values: dict[str, Value]) -> bool:
        """Whether all its conditions hold under `values`."""
        return all(values.get(parent) in allowed for parent, allowed in self.conditions)


@dataclass(frozen=True)
class PlanChange:
    """What a finding proposes to do: another range, another budget, another value.

    Fields that are None stay as they are.

    Args:
        stage: Name of the stage that changes; empty for every stage.
        hyperparameter: The hyperparameter whose range or values change, if any.
        low: New lower end of its range.
        high: New upper end of its range.
        add_value: A value to add to its choices.
        trials: New number of trials of the stage.
        epochs: New number of epochs a trial.
    """

    stage: str = ""
    hyperparameter: str | None = None
    low: float | None = None
    high: float | None = None
    add_value: Value = None
    trials: int | None = None
    epochs: int | None = None
