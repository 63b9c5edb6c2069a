"""Ranges: replace, narrow around the best trials, notice an edge, widen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from dlrecipes.errors import ArgumentError
from dlrecipes.results import Hyperparameter, Objective, TrialRecord, Value

EDGE = 0.1
"""The outer share of a range, on its own scale, that counts as its edge."""

_TOP = 0.25
_MARGIN = 0.1
_NARROWEST = 0.2

Space = tuple[Hyperparameter, ...]


def replace_ranges(space: Space, ranges: dict[str, tuple[float, float]]) -> Space:
    """Return `space` with the ranges of `ranges`.

    Raises:
        ArgumentError: If a name is not a numeric hyperparameter, or a log range starts at 0.
    """
    known = {one.name: one for one in space}
    for name, (low, high) in ranges.items():
        if name not in known or not known[name].numeric:
            numeric = ", ".join(one.name for one in space if one.numeric) or "none"
            raise ArgumentError(
                "A range must belong to a numeric hyperparameter of the builder.",
                received=f"ranges[{name!r}]",
                fix=f"Numeric hyperparameters here: {numeric}.",
            )
        if low >= high or (known[name].log and low <= 0):
            raise ArgumentError(
                f"A range must have low < high{', and low > 0 on a log scale' * known[name].log}.",
                received=f"ranges[{name!r}]=({low:g}, {high:g})",
            )
    return tuple(
        _with_range(one, *ranges[one.name]) if one.name in ranges else one for one in space
    )


def ranges_of(space: Space) -> dict[str, tuple[float, float]]:
    """Return `{name: (low, high)}` of the numeric hyperparameters."""
    return {one.name: (one.low, one.high) for one in space if one.numeric}


def position(one: Hyperparameter, value: Value) -> float:
    """Return where `value` lies in the range, from 0 (low) to 1 (high), on its own scale."""
    if not isinstance(value, int | float):
        raise TypeError(f"{one.name} has no position at {value!r}")
    return (_scale(one, value) - _scale(one, one.low)) / (
        _scale(one, one.high) - _scale(one, one.low)
    )


def narrow(space: Space, records: Sequence[TrialRecord], objective: Objective) -> Space:
    """Return `space` narrowed around the best quarter of the trials, each on its own scale.

    A range keeps a tenth of its width as a margin on both sides of those trials' values, and at
    least a fifth of its width around the best one.

    Args:
        space: The ranges that were searched.
        records: Trials in them; those without a score are left out.
        objective: What is better.
    """
    ranked = rank(records, objective)
    top = ranked[: max(3, math.ceil(_TOP * len(ranked)))]
    return tuple(_narrowed(one, top) if one.numeric else one for one in space)


def rank(records: Sequence[TrialRecord], objective: Objective) -> list[TrialRecord]:
    """Return the trials that have a score of their own, best first, ties by number."""
    scored = [
        record
        for record in records
        if record.score is not None and record.status in ("completed", "pruned")
    ]
    sign = -1.0 if objective.direction == "max" else 1.0
    return sorted(scored, key=lambda record: (sign * (record.score or 0.0), record.number))


def edge(one: Hyperparameter, value: Value) -> Literal["low", "high"] | None:
    """Return the edge of the range at which `value` lies, or None.

    Zero is the natural end of a linear range and counts as no edge.
    """
    if not one.numeric or one.low == one.high:
        return None
    where = position(one, value)
    if where <= EDGE and not (one.low == 0 and not one.log):
        return "low"
    return "high" if where >= 1 - EDGE else None


def widened(
    one: Hyperparameter,
    side: Literal["low", "high"],
    limits: dict[str, tuple[float, float]],
) -> Hyperparameter | None:
    """Return `one` with its range widened on one side, or None where it must not be.

    Within a limit given in the plan, a range is widened by a factor of 10 (log, float), 2 (log,
    int) or half its width (linear). Without a limit a log range is widened by the same factor
    and a linear one is not: nothing says what its layer allows.
    """
    limit = limits.get(one.name)
    if limit is None and not one.log:
        return None
    factor = 2.0 if one.kind == "int" else 10.0
    reach = (one.high - one.low) / 2
    if side == "low":
        low = one.low / factor if one.log else one.low - reach
        low = max(low, limit[0]) if limit else low
        new = _with_range(one, low, one.high)
    else:
        high = one.high * factor if one.log else one.high + reach
        high = min(high, limit[1]) if limit else high
        new = _with_range(one, one.low, high)
    grew = new.low < one.low or new.high > one.high
    return new if grew and (not one.log or new.low > 0) else None


def added_part(
    before: Hyperparameter, after: Hyperparameter, side: Literal["low", "high"]
) -> Hyperparameter:
    """Return the part of the widened range that was not searched yet, and the old edge."""
    span = _scale(before, before.high) - _scale(before, before.low)
    if side == "low":
        return _with_range(
            after, after.low, _unscale(after, _scale(before, before.low) + EDGE * span)
        )
    return _with_range(
        after, _unscale(after, _scale(before, before.high) - EDGE * span), after.high
    )


def _narrowed(one: Hyperparameter, top: Sequence[TrialRecord]) -> Hyperparameter:
    places = [position(one, record.values[one.name]) for record in top if one.name in record.values]
    if not places:
        return one
    low, high = min(places) - _MARGIN, max(places) + _MARGIN
    if high - low < _NARROWEST:
        low, high = places[0] - _NARROWEST / 2, places[0] + _NARROWEST / 2
    start, span = _scale(one, one.low), _scale(one, one.high) - _scale(one, one.low)
    return _with_range(
        one,
        _unscale(one, start + max(low, 0.0) * span),
        _unscale(one, start + min(high, 1.0) * span),
    )


def _with_range(one: Hyperparameter, low: float, high: float) -> Hyperparameter:
    """Return `one` with a range on its grid: whole numbers for an int, whole steps from `low`."""
    if one.step:
        low = one.low + round((low - one.low) / one.step) * one.step
        high = one.low + round((high - one.low) / one.step) * one.step
        high = max(high, low + one.step)
    if one.kind == "int":
        low, high = math.floor(low + 1e-9), math.ceil(high - 1e-9)
        low, high = (max(low, 1) if one.log else low), max(high, low + 1)
    return replace(one, low=low, high=high)


def _scale(one: Hyperparameter, value: float) -> float:
    return math.log(value) if one.log else float(value)


def _unscale(one: Hyperparameter, value: float) -> float:
    return math.exp(value) if one.log else value
