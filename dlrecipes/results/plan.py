"""How a study spends its trials: stages, the ranges that they search, and a change to them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Literal

from dlrecipes.checks import check_choice, check_integer, check_real
from dlrecipes.errors import ArgumentError
from dlrecipes.results.stopping import Stopping

SAMPLERS = ("sobol", "random", "grid", "tpe", "keras_tuner_random", "keras_tuner_bayesian")
PRUNERS = ("none", "median", "halving")
_ROUNDING = 1e-9
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
        first: Values found by hand, `({"learning_rate": 0.01}, …)`: each is tried before anything
            is proposed, and what it leaves out is proposed as usual. What no trial of the stage
            is left for passes on to the next one; a grid tries its own values only.
        priors: `{hyperparameter: Prior(value)}`, what an earlier search found: the first proposal
            is these values, then a third of the trials is drawn around them, a third around the
            best trial so far, and a third as `sampler` proposes.
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
    first: tuple[dict[str, Value], ...] = ()
    priors: dict[str, Prior] = field(default_factory=dict)
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
        for values in self.first:
            if not isinstance(values, dict) or not values:
                raise ArgumentError(
                    "`first` must hold dictionaries of values by hyperparameter.",
                    received=f"first={self.first!r}"[:200],
                    fix='For example first=({"learning_rate": 0.01},).',
                )


@dataclass(frozen=True)
class Prior:
    """What is believed of a hyperparameter before the search: where its good values lie.

    Args:
        value: The best value known.
        spread: Standard deviation of a number around it, as a share of the searched range on the
            range's own scale, above 0 and at most 1. Of a choice, `value` is drawn with
            probability one half, and otherwise any.

    Raises:
        ArgumentError: If the spread is out of range.

    Example:
        >>> from dlrecipes.results import Prior
        >>> dlr.Stage("all", 12, 10, priors={"learning_rate": Prior(0.003)}).priors
        {'learning_rate': Prior(value=0.003, spread=0.25)}

    Reference:
        Mallik et al. 2023, PriorBand: Practical Hyperparameter Optimization in the Age of Deep
        Learning, whose spread is 0.25, too.
    """

    value: Value
    spread: float = 0.25

    def __post_init__(self) -> None:
        check_real("spread", self.spread, 0.0, 1.0, low_open=True)


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
    def is_epochs(self) -> bool:
        """Whether it is the reserved constant `epochs`: each stage answers it with its own."""
        return self.kind == "fixed" and self.name == "epochs"

    def in_stage(self, epochs: int) -> Hyperparameter:
        """Return it as a stage answers it: as it is, but for the reserved constant `epochs`.

        Args:
            epochs: Epochs of the stage's trainings.
        """
        return replace(self, choices=(epochs,)) if self.is_epochs else self

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

    def taken(self, value: Value) -> Value:
        """Return a value as one of its own, such as 32 for 32.0; conditions do not count.

        Args:
            value: A number, a choice, or a choice as it is written.

        Raises:
            ValueError: If it is outside the range, off its steps, none of the choices or of
                another type.
        """
        if not self.numeric:
            same = [one for one in self.choices if type(one) is type(value) and one == value]
            alike = [one for one in self.choices if _equal(one, value)]
            written = [one for one in self.choices if str(one) == str(value)]
            if not (same or alike or written):
                raise ValueError(self.described)
            return (same or alike or written)[0]
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(self.described)
        if self.choices:
            found = [one for one in self.grid if math.isclose(one, value, rel_tol=1e-9)]
            if not found:
                raise ValueError(f"{self.described}: {', '.join(f'{one:g}' for one in self.grid)}")
            return found[0]
        step = self.step or (1 if self.kind == "int" else 0)
        steps = (value - self.low) / step if step else 0.0
        if not self.low <= value <= self.high or abs(steps - round(steps)) > _ROUNDING:
            raise ValueError(self.described)
        return int(value) if self.kind == "int" else float(value)

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


def _equal(one: Value, other: Value) -> bool:
    """Whether two numbers are equal; True is not 1."""
    numbers = all(isinstance(each, int | float) for each in (one, other))
    return numbers and bool not in (type(one), type(other)) and one == other


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
