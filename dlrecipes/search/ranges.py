"""Ranges: replace, narrow around the best trials, notice an edge, widen."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from statistics import mean, stdev
from typing import Literal

from dlrecipes.errors import ArgumentError
from dlrecipes.results import Hyperparameter, Objective, TrialRecord, Value

EDGE = 0.1
"""The outer share of a range, on its own scale, that counts as its edge."""

_TOP = 0.25
_MARGIN = 0.1
_NARROWEST = 0.2
_ROUNDING = 1e-9

Space = tuple[Hyperparameter, ...]


def replace_ranges(space: Space, ranges: dict[str, tuple[float, float]]) -> Space:
    """Return `space` with the ranges of `ranges`.

    Raises:
        ArgumentError: If a name is not a numeric hyperparameter, a log range starts at 0, or a
            range holds fewer than two values of an int or of a range with steps.
    """
    space = tuple((one.name in ranges and as_range(one)) or one for one in space)
    for name, (low, high) in ranges.items():
        meant = [one for one in space if one.name == name and one.numeric]
        if not meant:
            numeric = ", ".join(dict.fromkeys(one.name for one in space if one.numeric)) or "none"
            raise ArgumentError(
                "A range must belong to a numeric hyperparameter of the builder.",
                received=f"ranges[{name!r}]",
                fix=f"Numeric hyperparameters here: {numeric}.",
            )
        for one in meant:
            _check_range(one, low, high)
    return tuple(
        _replaced(hyperparameter, *ranges[hyperparameter.name])
        if hyperparameter.name in ranges and hyperparameter.numeric
        else hyperparameter
        for hyperparameter in space
    )


def _check_range(one: Hyperparameter, low: float, high: float) -> None:
    mirror = one.mirror
    if mirror is not None and high >= mirror:
        raise ArgumentError(
            f"A range on a reversed log scale must end below {mirror:g}, the sum of the builder's "
            "two ends.",
            received=f"ranges[{one.name!r}]=({low:g}, {high:g})",
            fix="Declare the wider range in the builder.",
        )
    positive = one.log and mirror is None
    if low >= high or (positive and low <= 0):
        raise ArgumentError(
            f"A range must have low < high{', and low > 0 on a log scale' * positive}.",
            received=f"ranges[{one.name!r}]=({low:g}, {high:g})",
        )


def as_range(one: Hyperparameter) -> Hyperparameter | None:
    """Return the range that a coarse list spans, or None for what is none.

    Its scale is logarithmic where the values are the more evenly spaced on such a one.

    Args:
        one: A hyperparameter.
    """
    if not one.ordered:
        return None
    values = _sorted_values(one)
    log = values[0] > 0 and _unevenness([math.log(value) for value in values]) < _unevenness(values)
    return replace(
        one, kind="float", low=values[0], high=values[-1], log=log, choices=(), ordered=False
    )


def with_ranges(space: Space) -> Space:
    """Return `space` with each coarse list as the range that it spans."""
    return tuple(as_range(one) or one for one in space)


def _sorted_values(one: Hyperparameter) -> list[float]:
    return sorted(value for value in one.choices if isinstance(value, float))


def _unevenness(values: Sequence[float]) -> float:
    """Return the deviation of the distances by their mean."""
    gaps = [after - before for before, after in pairwise(values)]
    return stdev(gaps) / mean(gaps)


def ranges_of(space: Space) -> dict[str, tuple[float, float]]:
    """Return `{name: (low, high)}` of the numeric hyperparameters.

    Where one name has several ranges, in scopes that exclude each other, it is what holds them all.
    """
    ranges: dict[str, tuple[float, float]] = {}
    for one in space:
        if one.numeric:
            low, high = ranges.get(one.name, (one.low, one.high))
            ranges[one.name] = (min(low, one.low), max(high, one.high))
    return ranges


def position(one: Hyperparameter, value: Value) -> float:
    """Return where `value` lies in the range, from 0 (low) to 1 (high), on its own scale."""
    if not isinstance(value, int | float):
        raise TypeError(f"{one.name} has no position at {value!r}")
    return (_scale(one, value) - _scale(one, one.low)) / (
        _scale(one, one.high) - _scale(one, one.low)
    )


def at_position(one: Hyperparameter, place: float) -> float:
    """Return the value at a place in the range, from 0 (low) to 1 (high), on its own scale.

    Of whole numbers and of a range with steps it is the nearest of those.
    """
    if place in (0, 1) and one.step is None:  # a logarithm and back is off by a rounding error
        return one.high if place else one.low
    start, end = _scale(one, one.low), _scale(one, one.high)
    value = _unscale(one, start + place * (end - start))
    step = one.step or (1 if one.kind == "int" else None)
    if step is None:
        return min(max(value, one.low), one.high)
    last = math.floor((one.high - one.low) / step + 1e-9)
    return _on_grid(one, min(max(round((value - one.low) / step), 0), last), step)


def narrow(space: Space, records: Sequence[TrialRecord], objective: Objective) -> Space:
    """Return `space` narrowed around the best quarter of the trials, each on its own scale.

    A range keeps a tenth of its width as a margin on both sides of those trials' values, and at
    least a fifth of its width around the best one, all inside the old range. A coarse list becomes
    the range between the neighbours of the best trial's value, at an end of the list between that
    and its one neighbour.

    Args:
        space: The ranges that were searched.
        records: Trials in them; those without a score are left out.
        objective: What is better.
    """
    ranked = rank(records, objective)
    top = ranked[: max(3, math.ceil(_TOP * len(ranked)))]
    return tuple(
        _narrowed(hyperparameter, top)
        if hyperparameter.numeric
        else _between_neighbours(hyperparameter, top)
        for hyperparameter in space
    )


def rank(
    records: Sequence[TrialRecord], objective: Objective, *, diverged: bool = False
) -> list[TrialRecord]:
    """Return the trials that have a score of their own, best first, ties by number.

    Args:
        records: Trials.
        objective: What is better.
        diverged: Whether to rank diverged trials too, by the chance level they were given.
    """
    statuses = ("completed", "pruned", "unfinished", *(("diverged",) if diverged else ()))
    scored = [
        record for record in records if record.score is not None and record.status in statuses
    ]
    sign = -1.0 if objective.direction == "max" else 1.0
    return sorted(scored, key=lambda record: (sign * (record.score or 0.0), record.number))


def edge(one: Hyperparameter, value: Value) -> Literal["low", "high"] | None:
    """Return the edge of the range at which `value` lies, or None.

    Zero is the natural end of a range, as is one of whole numbers; neither counts as an edge.
    """
    if not one.numeric or one.low == one.high:
        return None
    where = position(one, value)
    natural = (0, 1) if one.kind == "int" else (0,)
    if where <= EDGE and one.low not in natural:
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
    and a linear one is not: nothing says what its layer allows. Nor is a reversed log one at its
    lower end; its upper end comes the nearer to where the logarithm ends. Steps on a log scale
    stay those of the builder.
    """
    limit = limits.get(one.name)
    if limit is None and (not one.log or (one.mirror is not None and side == "low")):
        return None
    factor = 2.0 if one.kind == "int" else 10.0
    if one.mirror is not None:
        return _widened_mirrored(one, side, limit or (one.low, math.inf), factor)
    reach = (one.high - one.low) / 2
    if side == "low":
        low = one.low / factor if one.log else one.low - reach
        low = max(low, limit[0]) if limit else low
        low, high = max(low, 1) if one.log and one.kind == "int" else low, one.high
    else:
        high = one.high * factor if one.log else one.high + reach
        low, high = one.low, min(high, limit[1]) if limit else high
    if low >= high or (one.log and low <= 0):
        return None
    new = _with_range(one, low, high, (low, high))
    return new if new and (new.low < one.low or new.high > one.high) else None


def _widened_mirrored(
    one: Hyperparameter, side: Literal["low", "high"], limit: tuple[float, float], factor: float
) -> Hyperparameter | None:
    """Widen a reversed log range: by a factor of what is left to its mirror."""
    low, high = one.low, one.high
    if side == "low":
        low = max((one.mirror or 0.0) - factor * one.mirrored(one.low), limit[0])
    else:
        left = one.mirrored(high) / factor
        high = min(one.mirrored(max(left, 1) if one.kind == "int" else left), limit[1])
    new = _with_range(one, low, high, (low, high)) if low < high else None
    return new if new and (new.low < one.low or new.high > one.high) else None


def added_part(
    before: Hyperparameter, after: Hyperparameter, side: Literal["low", "high"]
) -> Hyperparameter:
    """Return the part of the widened range that was not searched yet, and the old edge."""
    span = _scale(before, before.high) - _scale(before, before.low)
    low, high = after.low, after.high
    if side == "low":
        high = _unscale(after, _scale(before, before.low) + EDGE * span)
    else:
        low = _unscale(after, _scale(before, before.high) - EDGE * span)
    return _with_range(after, low, high, (after.low, after.high)) or after


def _narrowed(one: Hyperparameter, top: Sequence[TrialRecord]) -> Hyperparameter:
    # A name may stand in several conditional scopes, and an earlier stage may have gone further.
    places = [
        min(max(position(one, record.values[one.name]), 0.0), 1.0)
        for record in top
        if one.name in record.values and one.active(record.values)
    ]
    if not places:
        return one
    first, last = max(min(places) - _MARGIN, 0.0), min(max(places) + _MARGIN, 1.0)
    if last - first < _NARROWEST:
        first = min(max(places[0] - _NARROWEST / 2, 0.0), 1.0 - _NARROWEST)
        last = first + _NARROWEST
    start, span = _scale(one, one.low), _scale(one, one.high) - _scale(one, one.low)
    # The ends themselves, where they stay: a logarithm and back is off by a rounding error.
    low = _unscale(one, start + first * span) if first > 0 else one.low
    high = _unscale(one, start + last * span) if last < 1 else one.high
    return _with_range(one, low, high, (one.low, one.high)) or one


def _between_neighbours(one: Hyperparameter, top: Sequence[TrialRecord]) -> Hyperparameter:
    """Return a coarse list as the range around its best value; all else as it is."""
    whole = as_range(one)
    active = (record.values.get(one.name) for record in top if one.active(record.values))
    best = next((value for value in active if isinstance(value, float)), None)
    if whole is None or best is None:
        return one
    values = _sorted_values(one)
    low = max((value for value in values if value < best), default=whole.low)
    high = min((value for value in values if value > best), default=whole.high)
    return replace(whole, low=low, high=high)


def _replaced(one: Hyperparameter, low: float, high: float) -> Hyperparameter:
    new = _with_range(one, low, high, (low, high))
    if new is None:
        raise ArgumentError(
            f"A range of {one.name!r} must hold at least two of its values.",
            received=f"ranges[{one.name!r}]=({low:g}, {high:g}), step={one.step or 1:g}",
        )
    return new


def _with_range(
    one: Hyperparameter, low: float, high: float, ends: tuple[float, float]
) -> Hyperparameter | None:
    """Return `one` with a range on its grid (whole numbers, or whole steps from its old `low`).

    The range grows to the next values of the grid, but not beyond `ends`; None if fewer than
    two values lie between those.
    """
    if one.choices:
        return _with_choices(one, low, high, ends)
    step = one.step or (1 if one.kind == "int" else None)
    if step is None:
        return replace(one, low=max(low, ends[0]), high=min(high, ends[1]))
    first, last = (_steps(one, ends[0], step, math.ceil), _steps(one, ends[1], step, math.floor))
    if first >= last:
        return None
    start = min(max(_steps(one, low, step, math.floor), first), last - 1)
    end = max(min(_steps(one, high, step, math.ceil), last), start + 1)
    low, high = _on_grid(one, start, step), _on_grid(one, end, step)
    # An end that the builder computed (3 * 0.1) stays as it is, rounding error and all.
    return replace(one, low=max(low, ends[0]), high=min(high, ends[1]))


def _with_choices(
    one: Hyperparameter, low: float, high: float, ends: tuple[float, float]
) -> Hyperparameter | None:
    """Return `one` with a range of the values that the builder allows."""
    low, high = low * (1 + _ROUNDING), high * (1 - _ROUNDING)
    numbers = [value for value in one.choices if isinstance(value, int | float)]
    inside = [
        number
        for number in numbers
        if ends[0] * (1 - _ROUNDING) <= number <= ends[1] * (1 + _ROUNDING)
    ]
    if len(inside) < 2:
        return None
    start = min(max(sum(number <= low for number in inside) - 1, 0), len(inside) - 2)
    end = max(len(inside) - max(sum(number >= high for number in inside), 1), start + 1)
    return replace(one, low=inside[start], high=inside[end])


def _steps(one: Hyperparameter, value: float, step: float, whole: Callable[[float], int]) -> int:
    """Return how many steps `value` lies above the old `low`; a rounding error is no step."""
    exact = (value - one.low) / step
    return round(exact) if abs(exact - round(exact)) < 1e-9 else whole(exact)


def _on_grid(one: Hyperparameter, steps: int, step: float) -> float:
    """In decimal, as the step was written: 3 steps of 0.1 are 0.3."""
    value = Decimal(str(one.low)) + steps * Decimal(str(step))
    return int(value) if one.kind == "int" else float(value)


def _scale(one: Hyperparameter, value: float) -> float:
    if one.mirror is not None:
        return -math.log(one.mirrored(value))
    return math.log(value) if one.log else float(value)


def _unscale(one: Hyperparameter, value: float) -> float:
    if one.mirror is not None:
        return one.mirror - math.exp(-value)
    return math.exp(value) if one.log else value
