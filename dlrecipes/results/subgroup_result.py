"""How the score differs between subgroups, and a penalty for a gap between them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from dlrecipes.checks import check_choice, check_real
from dlrecipes.errors import ArgumentError

ENOUGH = 30
"""Examples from which a number of a group is compared with those of other groups."""
MEASURES = (
    "accuracy",
    "true positive rate",
    "false positive rate",
    "selection rate",
    "calibration",
    "rmse",
    "mean error",
)
"""What a gap between groups may be one of; which of them fit, a target's kind says."""

_FORM = re.compile(r"(?P<column>.+):(?P<measure>[^:=]+)=(?P<weight>[^:=]+)")


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


@dataclass(frozen=True)
class GapPenalty:
    """A penalty for a gap between groups, declared before the search; make one with `parse`.

    Trials are compared by `score - weight * gap` (`+` where a low score is better). The gap is
    the largest minus the smallest value of a measure over the groups of a column, those with at
    least 30 examples. A weight of 1 says that a gap of 0.01 is as bad as 0.01 of the score.

    Args:
        column: A subgroup column.
        measure: Of two classes `"accuracy"`, `"true positive rate"` (equal opportunity), `"false
            positive rate"`, `"selection rate"` (demographic parity) or `"calibration"`; of more
            `"accuracy"` or `"calibration"`; of values `"rmse"` or `"mean error"`.
        weight: Above 0.

    Raises:
        ArgumentError: If there is no such measure, or the weight is no positive number.

    Reference:
        Hardt, Price and Srebro 2016, Equality of Opportunity in Supervised Learning.
    """

    column: str
    measure: str
    weight: float

    def __post_init__(self) -> None:
        check_choice("measure", self.measure, MEASURES)
        check_real("weight", self.weight, 0, low_open=True)

    @classmethod
    def parse(cls, text: str | GapPenalty) -> GapPenalty:
        """Return the penalty that a text declares.

        Args:
            text: `"COLUMN: MEASURE=WEIGHT"`, such as `"sex: true positive rate=1"`.

        Raises:
            ArgumentError: If it declares none, or the measure or the weight cannot be.
        """
        if isinstance(text, GapPenalty):
            return text
        match = _FORM.fullmatch(text.strip()) if isinstance(text, str) else None
        column = match["column"].strip() if match else ""
        if match is None or not column:
            raise ArgumentError(
                "A gap penalty is declared as COLUMN: MEASURE=WEIGHT.",
                received=f"{text!r}",
                fix='For example "sex: true positive rate=1".',
            )
        try:
            weight = float(match["weight"])
        except ValueError as error:
            raise ArgumentError(
                "The weight of a gap penalty must be a number above 0.",
                received=f"{match['weight'].strip()!r}",
            ) from error
        measure = " ".join(match["measure"].lower().replace("_", " ").split())
        return cls(column, measure, weight)

    def __str__(self) -> str:
        """Return the text that `parse` takes."""
        return f"{self.column}: {self.measure}={repr(float(self.weight)).removesuffix('.0')}"

    def penalised(self, score: float, gap: float, direction: Literal["max", "min"]) -> float:
        """Return the score that trials are compared by.

        Args:
            score: The objective.
            gap: The gap, at least 0.
            direction: Whether the objective is better high or low.
        """
        return score + (-1 if direction == "max" else 1) * self.weight * gap

    def words(self, objective: str, direction: Literal["max", "min"]) -> str:
        """Say what trials are compared by.

        Args:
            objective: The objective's name.
            direction: Whether it is better high or low.
        """
        sign = "minus" if direction == "max" else "plus"
        times = "" if self.weight == 1 else f"{self.weight:g} × "
        return (
            f"{objective} {sign} {times}the largest difference in {self.measure} between groups "
            f"of {self.column}"
        )


@dataclass(frozen=True)
class PenalisedTrial:
    """A trial with and without the penalty.

    Args:
        stage: Its stage.
        trial: Its number there.
        score: The objective itself.
        gap: The gap between groups.
        penalised: What it was compared by.
    """

    stage: str
    trial: int
    score: float
    gap: float
    penalised: float


@dataclass(frozen=True)
class PenaltyResult:
    """What a declared penalty cost, and what it brought.

    Both trials were chosen by these very numbers, which are therefore optimistic; the refits
    were not.

    Args:
        declared: The penalty, as `GapPenalty.parse` takes it.
        rule: What trials were compared by, in words.
        sentence: What it cost and brought, as one plain sentence.
        winner: The trial that won.
        without: The trial of the same search that is best by the objective alone.
        refits: The gap of each refit of the winner, on the validation part.
    """

    declared: str
    rule: str
    sentence: str
    winner: PenalisedTrial
    without: PenalisedTrial
    refits: tuple[float, ...] = ()
