"""What a run remembers of its training inputs, to tell later whether new ones are like them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class InputStatistics:
    """How one column, feature or channel is distributed in the training part.

    Args:
        name: What it is called.
        edges: Of numbers the largest value of each bin but the last, rising; empty for categories.
        categories: Of categories the most frequent ones.
        counts: Training examples a bin or category, then those of all other categories.
    """

    name: str
    edges: tuple[float, ...]
    categories: tuple[str, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True)
class TrainingStatistics:
    """How the training inputs are distributed, in a few numbers a column.

    Args:
        examples: Training examples that were looked at.
        units: How many of them are independent: groups where rows belong together, else all.
        low: The smallest number of an array or of images; 0 for tables.
        high: The largest one.
        inputs: One a column.
    """

    examples: int
    units: int
    low: float
    high: float
    inputs: tuple[InputStatistics, ...]
