"""A grid over a search space."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import islice

from dlrecipes.errors import ArgumentError
from dlrecipes.results import Hyperparameter, plural
from dlrecipes.search.backends import configurations
from dlrecipes.search.ranges import at_position

Space = tuple[Hyperparameter, ...]
_FEWEST = 2


def lay_grid(space: Space, trials: int) -> Space:
    """Return `space` with a few values of each range, all of which together fit into the trials.

    The values lie evenly from end to end on the range's own scale, ends included; of whole numbers
    and of ranges with steps, on those. Every range has two at least. As long as the trials suffice,
    the range that has fewest is given one more, the first of the space first. Choices have all of
    their values, and what is not active in its scope is not multiplied.

    Args:
        space: The search space.
        trials: How many configurations the grid may have.

    Raises:
        ArgumentError: If two values of each range are more than the trials.

    Example:
        >>> from dlrecipes.results import Hyperparameter
        >>> rate = Hyperparameter("learning_rate", "float", 1e-4, 1e-1, log=True)
        >>> dropout = Hyperparameter("dropout", "float", 0.0, 0.5)
        >>> grid = dlr.search.lay_grid((rate, dropout), 12)
        >>> [[float(f"{value:.3g}") for value in one.grid] for one in grid]
        [[0.0001, 0.001, 0.01, 0.1], [0.0, 0.25, 0.5]]
    """
    most = [_most(one) for one in space]
    counts = [min(_FEWEST, each) for each in most]
    if not _fits(space, counts, trials):
        ranges = sum(one.numeric for one in space)
        raise ArgumentError(
            f"A grid needs a trial for each combination, of {_FEWEST} values a range and of all "
            "choices.",
            received=f"{plural(trials, 'trial')} for {plural(ranges, 'range')} and "
            f"{plural(len(space) - ranges, 'other')}",
            fix='Give more trials, search fewer hyperparameters, or take "random" or "sobol", '
            "which need no grid.",
        )
    growing = [at for at, one in enumerate(space) if one.numeric]
    while growing:
        at = min(growing, key=lambda each: counts[each])
        more = [count + (each == at) for each, count in enumerate(counts)]
        if counts[at] < most[at] and _fits(space, more, trials):
            counts = more
        else:
            growing.remove(at)
    return _laid(space, counts)


def described_grid(grid: Space, trials: int) -> str:
    """Return how many values each hyperparameter has, and how many trials that makes.

    Args:
        grid: From `lay_grid`.
        trials: How many trials there are to spend.
    """
    varying = [one for one in grid if one.kind != "fixed"]
    parts = ", ".join(f"{len(one.choices)} of {one.name}" for one in varying)
    return f"{parts}: {count_grid(grid)} of {trials} trials"


def count_grid(grid: Space) -> int:
    """Return how many configurations a grid has.

    Args:
        grid: From `lay_grid`.
    """
    return sum(1 for _ in configurations(grid))


def _fits(space: Space, counts: list[int], trials: int) -> bool:
    laid = _laid(space, counts)
    return sum(1 for _ in islice(configurations(laid), trials + 1)) <= trials


def _laid(space: Space, counts: list[int]) -> Space:
    return tuple(
        _spread(one, count) if one.numeric else one
        for one, count in zip(space, counts, strict=True)
    )


def _most(one: Hyperparameter) -> int:
    """Return how many values there are at most; 1 of what is no range."""
    if not one.numeric:
        return 1
    if one.choices:
        return len(one.grid)
    if one.kind == "float" and one.step is None:
        return 10**6
    return math.floor((one.high - one.low) / (one.step or 1) + 1e-9) + 1


def _spread(one: Hyperparameter, count: int) -> Hyperparameter:
    """Return a range with so many values; fewer, where whole numbers on a log scale fall together.

    It has a step, by which it is known to be countable.
    """
    places = [at / max(count - 1, 1) for at in range(count)]
    if one.choices:
        values = [one.grid[round(place * (len(one.grid) - 1))] for place in places]
    else:
        values = [at_position(one, place) for place in places]
    return replace(one, choices=tuple(sorted(set(values))), step=one.step or 1.0)
