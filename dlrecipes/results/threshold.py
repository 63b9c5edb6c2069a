"""The threshold of a binary classifier: what it is chosen for, and what it decides."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from dlrecipes.checks import check_real
from dlrecipes.errors import ArgumentError

_NUMBER = r"(\d+(?:\.\d*)?|\.\d+)"
_FORMS = {
    "f": re.compile(rf"f{_NUMBER}"),
    "recall": re.compile(rf"recall@precision={_NUMBER}"),
    "precision": re.compile(rf"precision@recall={_NUMBER}"),
    "cost": re.compile(rf"cost={_NUMBER}:{_NUMBER}"),
}


@dataclass(frozen=True)
class Decisions:
    """Counts of what was decided about the examples of two classes.

    Args:
        true_positives: Positives that were found.
        false_positives: Negatives that were taken for positives.
        false_negatives: Positives that were missed.
        true_negatives: Negatives that were left alone.
    """

    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int

    @property
    def precision(self) -> float:
        """Share of the alarms that are right; 0 where there is none."""
        return _share(self.true_positives, self.true_positives + self.false_positives)

    @property
    def recall(self) -> float:
        """Share of the positives that are found; 0 where there is none."""
        return _share(self.true_positives, self.true_positives + self.false_negatives)

    @property
    def accuracy(self) -> float:
        """Share of the examples that are decided rightly."""
        right = self.true_positives + self.true_negatives
        return _share(right, right + self.false_positives + self.false_negatives)

    @property
    def metrics(self) -> dict[str, float]:
        """Accuracy, precision, recall and F1 by name."""
        return {
            "accuracy": self.accuracy,
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f(),
        }

    def f(self, beta: float = 1.0) -> float:
        """Return F-beta, `(1 + b²) TP / ((1 + b²) TP + b² FN + FP)`; 0 where it is undefined.

        Args:
            beta: How many times as important recall is as precision, above 0.
        """
        found = (1 + beta**2) * self.true_positives
        return _share(found, found + beta**2 * self.false_negatives + self.false_positives)

    def cost(self, false_positive: float, false_negative: float) -> float:
        """Return the mean cost of an example.

        Args:
            false_positive: Cost of a false alarm.
            false_negative: Cost of a missed positive.
        """
        examples = (
            self.true_positives + self.false_positives + self.false_negatives + self.true_negatives
        )
        total = false_positive * self.false_positives + false_negative * self.false_negatives
        return _share(total, examples)


@dataclass(frozen=True)
class Threshold:
    """A threshold that was chosen on validation data: positive from this probability on.

    Args:
        goal: What it was chosen for, as `ThresholdGoal.parse` takes it.
        threshold: An example is positive where the probability of class 1 is at least this;
            above every validation example where it costs least to call none positive.
        value: What the goal reaches on the validation data: F, recall, precision or the mean
            cost of an example. Optimistic, as all that was chosen on the data it is measured on.
        validation: The decisions on the validation data.
    """

    goal: str
    threshold: float
    value: float
    validation: Decisions


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


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
