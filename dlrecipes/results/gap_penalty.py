"""What a search takes off a trial's score for a gap between groups."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from dlrecipes.checks import check_choice, check_real
from dlrecipes.errors import ArgumentError

_CLASSES = ("binary", "multiclass")
MEASURES: dict[str, tuple[str, ...]] = {
    "accuracy": _CLASSES,
    "true positive rate": ("binary",),
    "false positive rate": ("binary",),
    "selection rate": ("binary",),
    "calibration": _CLASSES,
    "rmse": ("regression", "count"),
    "mean error": ("regression", "count"),
}
"""`{measure: the tasks that have it}`"""

_FORM = re.compile(r"(?P<column>.+):(?P<measure>[^:=]+)=(?P<weight>[^:=]+)")


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
        check_choice("measure", self.measure, tuple(MEASURES))
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
