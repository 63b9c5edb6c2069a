"""Best values at the edges of their ranges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dlrecipes.results import Finding, Hyperparameter, Objective, PlanChange, TrialRecord
from dlrecipes.search.ranges import added_part, edge, position, rank, widened


@dataclass(frozen=True)
class Edge:
    """A best value at the edge of its range.

    Args:
        before: The hyperparameter with the range that was searched.
        after: With the widened range; None where it must not be widened.
        side: Which end.
        finding: The same in words.
    """

    before: Hyperparameter
    after: Hyperparameter | None
    side: Literal["low", "high"]
    finding: Finding


def find_edges(
    space: tuple[Hyperparameter, ...],
    records: Sequence[TrialRecord],
    limits: dict[str, tuple[float, float]],
    stage: str,
    objective: Objective,
) -> list[Edge]:
    """Return where the best trial's values lie in the outer tenth of their ranges.

    Args:
        space: The ranges that were searched.
        records: The trials in them.
        limits: Hard ends given in the plan.
        stage: The stage's name, for the proposed change.
        objective: What is better.
    """
    ranked = rank(records, objective)
    edges = []
    for one in space:
        value = ranked[0].values.get(one.name) if ranked else None
        side = edge(one, value) if value is not None else None
        if side is not None:
            after = widened(one, side, limits)
            edges.append(Edge(one, after, side, _finding(one, after, side, value, stage)))
    return edges


def outer_part(
    space: tuple[Hyperparameter, ...], edges: Sequence[Edge]
) -> tuple[Hyperparameter, ...]:
    """Return `space` with each widened range cut to the part that was not searched yet."""
    parts = {
        one.before.name: added_part(one.before, one.after, one.side) for one in edges if one.after
    }
    return tuple(parts.get(one.name, one) for one in space)


def _finding(
    one: Hyperparameter,
    after: Hyperparameter | None,
    side: str,
    value: float | int | str | bool | None,
    stage: str,
) -> Finding:
    end = "lower" if side == "low" else "upper"
    evidence: dict[str, float | int | str | list[str]] = {
        "value": float(value or 0.0),
        "low": one.low,
        "high": one.high,
        "position": position(one, value),
    }
    verdict = (
        f"The best {one.name}, {value:.4g}, lies at the {end} edge of its range "
        f"[{one.low:g}, {one.high:g}]."
    )
    if after is None:
        return Finding(
            name="range edge",
            verdict=verdict,
            evidence=evidence,
            advice=f"Search further {'down' if side == 'low' else 'up'}, if the layer allows it: "
            f"give `limits` for {one.name} in the plan.",
            severity="warning",
        )
    return Finding(
        name="range edge",
        verdict=verdict,
        evidence=evidence,
        advice=f"The range is widened to [{after.low:g}, {after.high:g}].",
        action=PlanChange(stage=stage, hyperparameter=one.name, low=after.low, high=after.high),
    )
