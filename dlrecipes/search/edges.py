"""Best values at the edges of their ranges."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
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
    *,
    widen: bool = True,
) -> list[Edge]:
    """Return where the best trial's values lie in the outer tenth of their ranges.

    Args:
        space: The ranges that were searched.
        records: The trials in them.
        limits: Hard ends given in the plan.
        stage: The stage's name, for the proposed change.
        objective: What is better.
        widen: Whether a range may be widened now; False when there is no budget for it.
    """
    ranked = rank(records, objective)
    values = ranked[0].values if ranked else {}
    edges = []
    for one in space:
        value = values.get(one.name) if one.active(values) else None
        side = edge(one, value) if value is not None else None
        if side is None:
            continue
        after = widened(one, side, limits)
        way = "down" if side == "low" else "up"
        if after is None:
            advice = (
                f"Search further {way}, if the layer allows it: give `limits` for {one.name} in "
                "the plan."
            )
        elif widen:
            advice = f"The range is widened to [{after.low:g}, {after.high:g}]."
        else:
            after = None
            advice = f"Search further {way}: widen the range in the builder, or give more trials."
        edges.append(Edge(one, after, side, _finding(one, after, side, value, stage, advice)))
    return edges


def settled(
    found: Edge, searched: Iterable[Sequence[Hyperparameter]], winner: TrialRecord
) -> Finding:
    """Return what a best value at an edge means once the whole search is over.

    Where ranges were searched that go on beyond that edge, or the winner lies elsewhere, nothing
    is left to do: the finding says what came of it.

    Args:
        found: The edge as its stage saw it.
        searched: The ranges of all stages.
        winner: The best trial of all.
    """
    before, side, value = found.before, found.side, None
    same = [
        other
        for space in ((before,), *searched)
        for other in space
        if (other.name, other.conditions) == (before.name, before.conditions)
    ]
    lows, highs = [other.low for other in same], [other.high for other in same]
    whole = replace(before, low=min(lows), high=max(highs))
    if before.active(winner.values):
        value = winner.values.get(before.name)
    at_end = value is not None and edge(whole, value) == side
    beyond = whole.low < before.low if side == "low" else whole.high > before.high
    if at_end and (found.after is None or not beyond):
        return found.finding
    reach = f"[{whole.low:.4g}, {whole.high:.4g}]"
    if value is None:
        came = f"The winner of the whole search has no {before.name}"
    else:
        where = f"still lies at the edge of {reach}" if at_end else f"lies inside {reach}"
        came = f"The winner of the whole search has {value:.4g}, which {where}"
    return replace(
        found.finding,
        verdict=_verdict(before, side, found.finding.evidence["value"], "lay"),
        advice=f"{came}, all that was searched." if value is not None else f"{came}.",
        action=None,
        severity="info",
    )


def outer_part(
    space: tuple[Hyperparameter, ...], edges: Sequence[Edge]
) -> tuple[Hyperparameter, ...]:
    """Return `space` with each widened range cut to the part that was not searched yet."""
    parts = {one.before: added_part(one.before, one.after, one.side) for one in edges if one.after}
    return tuple(parts.get(one, one) for one in space)


def joined(
    space: tuple[Hyperparameter, ...], part: tuple[Hyperparameter, ...]
) -> tuple[Hyperparameter, ...]:
    """Return `space` with each range stretched over that of `part`."""
    parts = {(one.name, one.conditions): one for one in part if one.numeric}
    stretched = []
    for one in space:
        other = parts.get((one.name, one.conditions), one)
        low, high = min(one.low, other.low), max(one.high, other.high)
        stretched.append(replace(one, low=low, high=high))
    return tuple(stretched)


def _finding(
    one: Hyperparameter,
    after: Hyperparameter | None,
    side: str,
    value: float | int | str | bool | None,
    stage: str,
    advice: str,
) -> Finding:
    evidence: dict[str, float | int | str | list[str]] = {
        "value": float(value or 0.0),
        "low": one.low,
        "high": one.high,
        "position": position(one, value),
    }
    action = None
    if after is not None:
        action = PlanChange(stage=stage, hyperparameter=one.name, low=after.low, high=after.high)
    return Finding(
        name="range edge",
        verdict=_verdict(one, side, value, "lies"),
        evidence=evidence,
        advice=advice,
        action=action,
        severity="info" if after is not None else "warning",
    )


def _verdict(one: Hyperparameter, side: str, value: object, verb: str) -> str:
    end = "lower" if side == "low" else "upper"
    return (
        f"The best {one.name}, {value:.4g}, {verb} at the {end} edge of its range "
        f"[{one.low:g}, {one.high:g}]."
    )
