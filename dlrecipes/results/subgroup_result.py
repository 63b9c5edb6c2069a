"""How the score differs between subgroups."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

ENOUGH = 30
"""Examples from which a number of a group is compared with those of other groups."""


@dataclass(frozen=True)
class Estimate:
    """A number that examples tell, with its interval.

    Args:
        value: The number.
        low: Lower end of the 95 % interval.
        high: Upper end of it.
        examples: How many examples it is the mean of; of a true positive rate, the positives.
    """

    value: float
    low: float
    high: float
    examples: int

    @property
    def small(self) -> bool:
        """Whether there are too few examples (below 30) to compare it with other groups."""
        return self.examples < ENOUGH


@dataclass(frozen=True)
class GroupResult:
    """The numbers of one group, or of one label in one group.

    Args:
        group: The group's name.
        label: The label's name; empty for all labels of the group together.
        examples: Number of examples.
        measures: `{measure: estimate}`; a measure without examples is left out.
    """

    group: str
    label: str
    examples: int
    measures: dict[str, Estimate] = field(default_factory=dict)


@dataclass(frozen=True)
class Gap:
    """The largest minus the smallest value of a measure, over the groups with enough examples.

    Args:
        name: What the gap is called, such as `"equal opportunity difference"`.
        measure: What is compared.
        value: The difference, at least 0.
        low: Lower end of its 95 % interval, which is about all pairs of groups at once; not above
            0 where all groups may well be equal.
        high: Upper end of it.
        largest: Where the measure is largest: a group, or `label, group`.
        largest_value: What it is there.
        smallest: Where it is smallest.
        smallest_value: What it is there.
    """

    name: str
    measure: str
    value: float
    low: float
    high: float
    largest: str
    largest_value: float
    smallest: str
    smallest_value: float


@dataclass(frozen=True)
class SubgroupResult:
    """The exported network over the groups of one column.

    Args:
        column: The column.
        part: Which examples were measured.
        sentence: The largest difference between groups, as one plain sentence.
        groups: Each group, by name.
        cells: Each label in each group; empty for regression.
        gaps: The differences between groups; none where fewer than two have enough examples.
    """

    column: str
    part: Literal["validation", "test"]
    sentence: str
    groups: tuple[GroupResult, ...]
    cells: tuple[GroupResult, ...] = ()
    gaps: tuple[Gap, ...] = ()
