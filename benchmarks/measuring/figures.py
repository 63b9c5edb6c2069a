"""From measurements to the figures in a table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median


def show(value: float | None, digits: int = 3) -> str:
    """Return a number; a dash for None.

    Args:
        value: The number.
        digits: Significant digits, at least 1.
    """
    if value is None:
        return "-"
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{value:,.{decimals}f}"


def show_spread(values: Sequence[float], *, infinite: str = "inf") -> str:
    """Return the median, and smallest and largest in brackets if there are several.

    Args:
        values: The values.
        infinite: What is shown for one that is not finite.
    """
    if not values:
        return "-"
    figures = (median(values), min(values), max(values))
    middle, low, high = (show(one) if math.isfinite(one) else infinite for one in figures)
    return middle if len(values) == 1 else f"{middle} ({low}-{high})"


def paired_ratios(values: Sequence[float], references: Sequence[float]) -> list[float]:
    """Return value by reference, round by round: what slows a whole round down cancels."""
    return [value / reference for value, reference in zip(values, references, strict=True)]


def slope(values: Sequence[float], skip_fraction: float = 0.2) -> float:
    """Return by how much the values rise from one to the next, by least squares.

    Args:
        values: At least two after the skipped ones.
        skip_fraction: Share at the start that is left out, in [0, 1).
    """
    kept = values[int(skip_fraction * len(values)) :]
    places = range(len(kept))
    middle, level = (len(kept) - 1) / 2, sum(kept) / len(kept)
    rise = sum(
        (place - middle) * (value - level) for place, value in zip(places, kept, strict=True)
    )
    return rise / sum((place - middle) ** 2 for place in places)
