"""What is found of a search that has ended: edges, too few configurations, a time limit."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from dlrecipes.results import (
    Finding,
    Hyperparameter,
    Objective,
    PlanChange,
    Stage,
    TrialRecord,
    plural,
)
from dlrecipes.search.backends import count_configurations
from dlrecipes.search.ranges import (
    added_part,
    as_range,
    edge,
    position,
    rank,
    widened,
    with_ranges,
)


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
    hindrance: str = "",
) -> list[Edge]:
    """Return where the best trial's values lie in the outer tenth of their ranges.

    Args:
        space: The ranges that were searched.
        records: The trials in them.
        limits: Hard ends given in the plan.
        stage: The stage's name, for the proposed change.
        objective: What is better.
        hindrance: Why no range can be widened now, as a sentence; empty if one can.
    """
    ranked = rank(records, objective)
    values = ranked[0].values if ranked else {}
    edges = []
    for hyperparameter in with_ranges(space):
        value = values.get(hyperparameter.name) if hyperparameter.active(values) else None
        side = edge(hyperparameter, value) if value is not None else None
        if side is None:
            continue
        possible = widened(hyperparameter, side, limits)
        after = None if hindrance else possible
        if after is not None:
            advice = f"The search itself goes on there: the range is now {_range(after)}."
        elif possible is not None:
            advice = f"{_wider_builder(hyperparameter, side)} {hindrance}"
        else:
            advice = _wider_limits(hyperparameter, side, limits.get(hyperparameter.name))
        edges.append(
            Edge(
                hyperparameter,
                after,
                side,
                _finding(hyperparameter, after, side, value, stage, advice),
            )
        )
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
        for other in with_ranges(tuple(space))
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
    reach = _range(whole)
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
    """Return `space` with each widened range cut to the part that was not searched yet.

    A coarse list is widened as the range that it spans.
    """
    parts = {
        edge.before: added_part(edge.before, edge.after, edge.side) for edge in edges if edge.after
    }
    return tuple(parts.get(as_range(one) or one, one) for one in space)


def joined(
    space: tuple[Hyperparameter, ...], part: tuple[Hyperparameter, ...]
) -> tuple[Hyperparameter, ...]:
    """Return `space` with each range stretched over that of `part`."""
    parts = {
        (hyperparameter.name, hyperparameter.conditions): hyperparameter
        for hyperparameter in part
        if hyperparameter.numeric
    }
    stretched = []
    for one in space:
        other = parts.get((one.name, one.conditions))
        one = (other and as_range(one)) or one
        other = other or one
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
        "hyperparameter": one.name,
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
        f"The best {one.name}, {value:.4g}, {verb} at the {end} edge of the range that was "
        f"searched, {_range(one)}."
    )


def _wider_builder(one: Hyperparameter, side: Literal["low", "high"]) -> str:
    """Return how one searches beyond the edge: what to write in the builder."""
    way = "smaller" if side == "low" else "larger"
    wider = _proposed(one, side)
    declared = "" if wider is None else f": {_declared(wider)}"
    return f"If {way} values make sense, widen the range in the builder{declared}."


def _wider_limits(
    one: Hyperparameter, side: Literal["low", "high"], limit: tuple[float, float] | None
) -> str:
    """Return how a range that the search must not widen is allowed to grow."""
    builder = _wider_builder(one, side)
    wider = _proposed(one, side)
    if wider is None:
        return builder
    ends = f"({_end(wider, wider.low)}, {_end(wider, wider.high)})"
    plan = f'CoarseToFine(…, limits={{"{one.name}": {ends}}})'
    if limit is None:
        return f"{builder[:-1]}; or let the search widen it, as far as you allow, by {plan}."
    end = limit[0] if side == "low" else limit[1]
    return f"{builder[:-1]}, and the plan's limit, which is {end:.4g}: {plan}."


def _proposed(one: Hyperparameter, side: Literal["low", "high"]) -> Hyperparameter | None:
    """Return a wider range that is worth a try: none below 0 that was not, no share above 1."""
    if one.mirror is not None and side == "low":
        low = max(1, one.low // 2) if one.kind == "int" else one.low / 2
        return replace(one, low=low) if 0 < low < one.low and not one.choices else None
    least = 0.0 if one.low >= 0 else -math.inf
    share = not one.log and one.low >= 0 and one.high < 1
    most = (1 + one.high) / 2 if share else math.inf
    return widened(one, side, {one.name: (least, most)})


def _declared(one: Hyperparameter) -> str:
    """Return a hyperparameter as a builder declares it."""
    step = "" if one.step is None else f", step={one.step:g}"
    sampling = f', sampling="{"log" if one.mirror is None else "reverse_log"}"' * one.log
    kind = "Int" if one.kind == "int" else "Float"
    return f'hp.{kind}("{one.name}", {_end(one, one.low)}, {_end(one, one.high)}{step}{sampling})'


def _range(one: Hyperparameter) -> str:
    return f"[{_end(one, one.low)}, {_end(one, one.high)}]"


def _end(one: Hyperparameter, value: float) -> str:
    return str(int(value)) if one.kind == "int" else f"{value:.4g}"


def check_configurations(
    stage: Stage, ranges: tuple[Hyperparameter, ...], trained: int
) -> tuple[Finding, ...]:
    """Return a finding if a stage ended because every configuration of its ranges was trained.

    Args:
        stage: The stage, with its trials.
        ranges: Its search space.
        trained: Trials that it trained.
    """
    spared = stage.trials - trained
    configurations = count_configurations(ranges) if spared > 0 and trained else None
    if configurations is None or configurations > trained:
        return ()
    only = f"{plural(configurations, 'configuration')} only"
    return (
        Finding(
            "configurations",
            f"The ranges of stage {stage.name} hold {only}: {spared} of its "
            f"{plural(stage.trials, 'trial')} {'was' if spared == 1 else 'were'} not needed.",
            {"configurations": configurations, "planned": stage.trials, "spared": spared},
            "No configuration is trained twice in a stage, for the luckiest seed would win. Plan "
            "fewer trials, or let more vary; `refit_seeds` trains the best again.",
            severity="warning",
        ),
    )


def check_repeated(stage: str, records: Sequence[TrialRecord]) -> tuple[Finding, ...]:
    """Return a finding if trials of a stage have the values of others.

    A sampler sees to it that none has, but for the values that a builder asks for behind a plain
    `if`: which those are is known only when the trial is built.

    Args:
        stage: The stage's name.
        records: Its trials.
    """
    different = {tuple(sorted(record.values.items())) for record in records}
    repeated = len(records) - len(different)
    if not repeated:
        return ()
    many = "have" if repeated > 1 else "has"
    return (
        Finding(
            "repeated configurations",
            f"Of the {plural(len(records), 'trial')} of stage {stage}, {repeated} {many} the "
            "values of another.",
            {"trials": len(records), "repeated": repeated},
            "The builder asks for a hyperparameter behind a plain `if`, so that nobody knows what "
            "there is to choose from. With `with hp.conditional_scope(name, values):` around it, "
            "no configuration is trained twice.",
            severity="warning",
        ),
    )


def check_time_limit(planned: int, records: Sequence[TrialRecord]) -> tuple[Finding, ...]:
    """Return a finding if trials of the plan are missing; to be asked once the time is up.

    Args:
        planned: Trials of the plan.
        records: The trials that were trained, to their end or not.
    """
    unfinished = sum(record.status == "unfinished" for record in records)
    finished = len(records) - unfinished
    if finished >= planned:
        return ()
    under_way = ""
    if unfinished == 1:
        under_way = "; one was under way and counts with what it had reached"
    elif unfinished:
        under_way = f"; {unfinished} were under way and count with what they had reached"
    return (
        Finding(
            "time_limit",
            f"The time was up after {finished} of {plural(planned, 'trial')}{under_way}.",
            {"planned": planned, "finished": finished, "unfinished": unfinished},
            "Give more minutes, or plan fewer trials or epochs.",
            severity="warning",
        ),
    )


# Of time that is used up to this share, nothing is said.
_MUCH = 0.5
# Later trials may take longer than those that were timed.
_CAUTION = 0.8


def check_unused_time(planned: int, seconds: float, limit: float) -> tuple[Finding, ...]:
    """Return a finding if the plan took less than half of the time that it was given.

    Args:
        planned: Trials of the plan, all of them done.
        seconds: What the search took.
        limit: Seconds that it was given.
    """
    if seconds > _MUCH * limit:
        return ()
    fitting = _round_down(_CAUTION * planned * limit / max(seconds, 1.0))
    took = f"{seconds / 60:.1f}" if seconds >= 6 else "less than 0.1"
    more = f"About {fitting:,} would fit: --trials {fitting}." if fitting > planned else ""
    return (
        Finding(
            "unused_time",
            f"The plan's {plural(planned, 'trial')} took {took} of {limit / 60:.3g} minutes.",
            {"planned": planned, "seconds": seconds, "limit": limit, "fitting": fitting},
            more,
        ),
    )


def _round_down(number: float) -> int:
    """Return a number to two digits: more would look measured."""
    digits = str(int(number))
    return int(digits[:2] + "0" * len(digits[2:]))
