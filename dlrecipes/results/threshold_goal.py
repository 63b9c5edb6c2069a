"""What a threshold is chosen for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from dlrecipes.checks import check_real
from dlrecipes.errors import ArgumentError
from dlrecipes.results.threshold import Decisions

_NUMBER = r"(\d+(?:\.\d*)?|\.\d+)"
_FORMS = {
    "f": re.compile(rf"f{_NUMBER}"),
    "recall": re.compile(rf"recall@precision={_NUMBER}"),
    "precision": re.compile(rf"precision@recall={_NUMBER}"),
    "cost": re.compile(rf"cost={_NUMBER}:{_NUMBER}"),
}


@dataclass(frozen=True)
class ThresholdGoal:
    """What the threshold of a binary classifier is chosen for; make one with `parse`.

    Args:
        kind: `"f"`: the largest F-beta. `"recall"`: the largest recall at a minimum precision.
            `"precision"`: the largest precision at a minimum recall. `"cost"`: the smallest mean
            cost of an example.
        beta: How many times as important recall is as precision, above 0; for `"f"`.
        minimum: The least precision or recall, in (0, 1]; for `"recall"` and `"precision"`.
        false_positive: Cost of a false alarm, at least 0; for `"cost"`.
        false_negative: Cost of a missed positive, at least 0; for `"cost"`.
    """

    kind: Literal["f", "recall", "precision", "cost"]
    beta: float = 1.0
    minimum: float = 0.5
    false_positive: float = 1.0
    false_negative: float = 1.0

    def __post_init__(self) -> None:
        check_real("beta", self.beta, 0, low_open=True)
        check_real("minimum", self.minimum, 0, 1, low_open=True)
        check_real("false_positive", self.false_positive, 0)
        check_real("false_negative", self.false_negative, 0)
        if not self.false_positive + self.false_negative:
            raise ArgumentError("One of the two mistakes must cost something.", received="0:0")

    @classmethod
    def parse(cls, text: str | ThresholdGoal) -> ThresholdGoal:
        """Return the goal that a text names.

        Args:
            text: `"f1"` (or `"f2"`, `"f0.5"`, …), `"recall@precision=0.9"`,
                `"precision@recall=0.8"`, or `"cost=1:10"` (a false positive costs 1, a false
                negative 10).

        Raises:
            ArgumentError: If it names none, or a number is out of range.
        """
        if isinstance(text, ThresholdGoal):
            return text
        for kind, form in _FORMS.items():
            match = form.fullmatch(text.strip().lower()) if isinstance(text, str) else None
            if match is None:
                continue
            numbers = [float(number) for number in match.groups()]
            if kind == "f":
                return cls("f", beta=numbers[0])
            if kind == "cost":
                return cls("cost", false_positive=numbers[0], false_negative=numbers[1])
            return cls("recall" if kind == "recall" else "precision", minimum=numbers[0])
        raise ArgumentError(
            "A threshold is chosen for f1 (or f2, f0.5, …), recall@precision=P, "
            "precision@recall=R or cost=FALSE_POSITIVE:FALSE_NEGATIVE.",
            received=f"{text!r}",
            fix="For example recall@precision=0.9 or cost=1:10.",
        )

    def __str__(self) -> str:
        """Return the text that `parse` takes."""
        return {
            "f": f"f{self.beta:g}",
            "recall": f"recall@precision={self.minimum:g}",
            "precision": f"precision@recall={self.minimum:g}",
            "cost": f"cost={self.false_positive:g}:{self.false_negative:g}",
        }[self.kind]

    @property
    def words(self) -> str:
        """What is sought, in words."""
        return {
            "f": f"the largest F{self.beta:g}",
            "recall": f"the largest recall at a precision of at least {self.minimum:g}",
            "precision": f"the largest precision at a recall of at least {self.minimum:g}",
            "cost": f"the lowest cost, {self.false_positive:g} for a false positive and "
            f"{self.false_negative:g} for a false negative",
        }[self.kind]

    @property
    def metric(self) -> str:
        """The name among the scores of what decisions are judged by: `"f1"`, `"f0.5"`, `"cost"`.

        Empty for recall at a precision and precision at a recall: on new data the thresholds of
        two models reach other precisions, and recalls at different precisions do not compare.
        """
        return {"f": f"f{self.beta:g}", "cost": "cost"}.get(self.kind, "")

    def value(self, decisions: Decisions) -> float:
        """Return what decisions reach: F-beta, recall, precision or the mean cost of an example.

        Args:
            decisions: What was decided.
        """
        if self.kind == "f":
            return decisions.f(self.beta)
        if self.kind == "cost":
            return decisions.cost(self.false_positive, self.false_negative)
        return decisions.recall if self.kind == "recall" else decisions.precision
