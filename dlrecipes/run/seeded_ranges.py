"""A range of the search that a learning-rate range test has narrowed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from dlrecipes.data import Splits
from dlrecipes.results import Finding, Hyperparameter, Plan, PlanChange, significant
from dlrecipes.run.learning_rates import find_learning_rates
from dlrecipes.run.rate_movers import rate_movers
from dlrecipes.search import Build
from dlrecipes.search.ranges import replace_ranges

NAME = "learning-rate range test"
_BELOW, _ABOVE = 30.0, 10.0  # how far from the suggested rate the search begins


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
    tried = [values.get(one.name) for values in stage.first]  # by hand: a range holds it
    known = [value for value in tried if isinstance(value, int | float)]
    low = min(max(one.low, rate / factor / _BELOW), *known, one.high)
    high = max(min(one.high, rate / factor * _ABOVE), *known, one.low)
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
