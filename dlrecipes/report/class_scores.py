"""Precision and recall of each class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics

MOST_ROWS = 30


@dataclass(frozen=True)
class ClassScore:
    """How well one class is found; shares in [0, 1], 0 where a class was never predicted."""

    label: str
    examples: int
    precision: float
    recall: float
    f1: float


def class_scores(
    y: NDArray[np.int64], predictions: NDArray[np.float64], labels: tuple[str, ...]
) -> tuple[ClassScore, ...]:
    """Return the scores of the classes, in the classes' order.

    Args:
        y: Class indices, `(examples,)`.
        predictions: Probabilities, `(examples, classes)`.
        labels: Class names.
    """
    precision, recall, f1, examples = metrics.precision_recall_fscore_support(
        y, predictions.argmax(axis=1), labels=np.arange(len(labels)), zero_division=0
    )
    return tuple(
        ClassScore(label, int(examples[i]), float(precision[i]), float(recall[i]), float(f1[i]))
        for i, label in enumerate(labels)
    )


def worst_classes(scores: tuple[ClassScore, ...]) -> tuple[ClassScore, ...]:
    """Return all classes, or the worst `MOST_ROWS` of those that occur if there are more."""
    if len(scores) <= MOST_ROWS:
        return scores
    present = [score for score in scores if score.examples]
    return tuple(sorted(present, key=lambda score: score.f1)[:MOST_ROWS])
