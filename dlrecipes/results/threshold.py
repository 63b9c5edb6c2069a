"""The threshold of a binary classifier, and what it decides."""

from __future__ import annotations

from dataclasses import dataclass


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
