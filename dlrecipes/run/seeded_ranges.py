"""A range of the search that a learning-rate range test has narrowed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np

from dlrecipes.data import Splits
from dlrecipes.results import Finding, Hyperparameter, Plan, PlanChange, Value, significant
from dlrecipes.run.learning_rates import find_learning_rates
from dlrecipes.search import Build, build_with
from dlrecipes.search.ranges import replace_ranges

NAME = "learning-rate range test"
_BELOW, _ABOVE = 30.0, 10.0  # how far from the suggested rate the search begins
_PROPORTIONAL = 1e-3
_LOOKS = 64  # steps at which a schedule is looked at for its highest rate


@dataclass(frozen=True)
class SeededPlan:
    """A plan whose first stage begins around the rate of a range test.

    Args:
        plan: The plan; as it was, where nothing is narrowed.
        finding: What was found, with the change to the plan where there is one.
    """

    plan: Plan
    finding: Finding


def seed_ranges(
    build: Build, splits: Splits, plan: Plan, space: Sequence[Hyperparameter], *, seed: int = 0
) -> SeededPlan:
    """Narrow the first stage's range of the learning rate to what a range test suggests.

    What moves the rate is found by building the default network with other values, and never by
    a name: of exactly one numeric hyperparameter the optimizer's rate (of a schedule, its highest)
    is a multiple. Its range becomes 1/30 to 10 times the suggested rate, inside the declared one;
    where the best value lies at an edge, the search widens it again as it always does.

    Args:
        build: The builder.
        splits: The data; only the training part is touched.
        plan: How the trials are spent.
        space: What the builder asks for.
        seed: Of first weights and order, at least 0.

    Raises:
        BuilderError: If the builder raises.
        ArgumentError: If the network's optimizer has no single learning rate.
    """
    movers, kinds = rate_movers(build, space)
    found = find_learning_rates(build, splits, plan, seed=seed)
    rate = found.suggestion
    if rate is None:
        return SeededPlan(plan, _stays(found.sentence))
    begin = f"A rate of {significant(rate, 2)} is suggested"
    if len(kinds) > 1:
        verdict = f"{begin} for {kinds[0]}, but {' and '.join(kinds[1:])} is tried as well."
        return SeededPlan(plan, _stays(verdict, rate))
    if len(movers) != 1:
        named = " and ".join(repr(one.name) for one in movers) or "no hyperparameter"
        verdict = f"{begin}, but {named} move{'s' * (len(movers) < 2)} the learning rate."
        return SeededPlan(plan, _stays(verdict, rate))
    ((one, factor),) = movers.items()
    stage = plan.stages[0]
    if not one.numeric or factor is None or one.name in stage.ranges:
        reason = (
            "is a choice"
            if not one.numeric
            else "is no multiple of the rate"
            if factor is None
            else f"has a range of its own in the stage {stage.name!r}"
        )
        return SeededPlan(plan, _stays(f"{begin}, but {one.name!r} {reason}.", rate))
    low = max(one.low, rate / factor / _BELOW)
    high = min(one.high, rate / factor * _ABOVE)
    if low >= high:
        side = "below" if one.high <= low else "above"
        verdict = f"{begin}: all of the range of {one.name!r}, {one.described}, lies {side} it."
        advice = "Declare a range around it; the search widens one only where the best value lies."
        return SeededPlan(plan, replace(_stays(verdict, rate), advice=advice))
    if (low, high) == (one.low, one.high):
        return SeededPlan(plan, _stays(f"{begin}, around which {one.name!r} is searched.", rate))
    pair = float(f"{low:.3g}"), float(f"{high:.3g}")
    pair = max(one.low, pair[0]), min(one.high, pair[1])
    narrowed = replace(stage, ranges={**stage.ranges, one.name: pair})
    replace_ranges(tuple(space), {one.name: pair})  # it must hold values of a grid
    finding = Finding(
        NAME,
        f"{begin}: the stage {stage.name!r} searches {one.name!r} from {pair[0]:g} to {pair[1]:g} "
        f"instead of {one.low:g} to {one.high:g}.",
        {"suggested rate": rate, "from": pair[0], "to": pair[1]},
        action=PlanChange(stage=stage.name, hyperparameter=one.name, low=pair[0], high=pair[1]),
    )
    return SeededPlan(replace(plan, stages=(narrowed, *plan.stages[1:])), finding)


def _stays(verdict: str, rate: float | None = None) -> Finding:
    evidence: dict[str, Any] = {} if rate is None else {"suggested rate": rate}
    return Finding(NAME, f"{verdict} The ranges stay as they are.", evidence)


def rate_movers(
    build: Build, space: Sequence[Hyperparameter]
) -> tuple[dict[Hyperparameter, float | None], list[str]]:
    """Return what moves the rate, and the optimizers that there are, the default one first.

    Of what moves it, the rate by the value is returned; None if that is no constant.

    Args:
        build: The builder.
        space: What it asks for.

    Raises:
        BuilderError: If it raises for one of the values.
    """
    defaults: dict[str, Value] = {one.name: one.default for one in space}
    usual, kind = _looked_at(build_with(build, {}))
    movers: dict[Hyperparameter, float | None] = {}
    kinds = [kind]
    for one in space:
        alone = sum(other.name == one.name for other in space) == 1
        if one.kind == "fixed" or not one.active(defaults) or not alone:
            continue
        values: list[Any] = [one.low, one.high] if one.numeric else list(one.choices)
        values = [value for value in values if value != one.default]
        looks = [_looked_at(build_with(build, {one.name: value})) for value in values]
        kinds += [kind for _, kind in looks if kind not in kinds]
        if all(_same(rate, usual) for rate, _ in looks):
            continue
        numbers = [*values, one.default]
        factors = [
            rate / value
            for (rate, _), value in zip([*looks, (usual, "")], numbers, strict=True)
            if isinstance(value, int | float) and value
        ]
        constant = len(factors) == len(numbers) and all(
            abs(factor - factors[0]) <= _PROPORTIONAL * abs(factors[0]) for factor in factors
        )
        movers[one] = factors[-1] if constant and factors[-1] > 0 else None
    return movers, list(dict.fromkeys(kinds))


def _looked_at(model: keras.Model) -> tuple[float, str]:
    """Return a network's learning rate, of a schedule its highest, and its kind of optimizer."""
    optimizer = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    rate, kind = optimizer._learning_rate, type(optimizer).__name__
    if not isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
        rate = rate() if callable(rate) else rate
        return float(keras.ops.convert_to_numpy(rate)), kind
    # Where a schedule ends is not known here; most warm up within some hundred steps.
    steps = np.unique(np.geomspace(1, 1e6, _LOOKS).astype(int)) - 1
    return max(float(keras.ops.convert_to_numpy(rate(int(step)))) for step in steps), kind


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-6 * max(abs(one), abs(other))
