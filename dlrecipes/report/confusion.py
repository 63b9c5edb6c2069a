"""Which classes are taken for which, and how well each is found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from sklearn import metrics

from dlrecipes.report.format import plot_text
from dlrecipes.report.plot import Plot, make_figure

MOST_IN_TABLE = 20
MOST_IN_PLOT = 100
_MOST_PAIRS = 20
_MOST_ROWS = 30


@dataclass(frozen=True)
class Confusion:
    """Counts of true against predicted classes.

    Args:
        labels: Class names.
        counts: `(classes, classes)`, a row for each true class.
    """

    labels: tuple[str, ...]
    counts: NDArray[np.int64]

    @property
    def shares(self) -> NDArray[np.float64]:
        """Counts as shares of their row; zero in a row without examples."""
        totals = self.counts.sum(axis=1, keepdims=True)
        shares: NDArray[np.float64] = self.counts / np.maximum(totals, 1)
        return shares


@dataclass(frozen=True)
class ConfusionCell:
    """One cell of the table: `tone` is `"hit"`, `"miss"` or empty, `strength` in [0, 1]."""

    count: int
    share: str
    tone: str
    strength: float


def confusion(
    y: NDArray[np.int64], predictions: NDArray[np.float64], labels: tuple[str, ...]
) -> Confusion:
    """Return the confusion matrix.

    Args:
        y: Class indices, `(examples,)`.
        predictions: Probabilities, `(examples, classes)`.
        labels: Class names.
    """
    counts = metrics.confusion_matrix(y, predictions.argmax(axis=1), labels=np.arange(len(labels)))
    return Confusion(labels, counts)


def confusion_cells(matrix: Confusion) -> list[tuple[str, int, list[ConfusionCell]]]:
    """Return `(label, examples, cells)` of each row."""
    rows = []
    for row, label in enumerate(matrix.labels):
        cells = []
        for column, share in enumerate(matrix.shares[row]):
            count = int(matrix.counts[row, column])
            tone = "" if not count else "hit" if row == column else "miss"
            # The root makes rare mistakes visible beside frequent ones.
            strength = round(float(share if row == column else np.sqrt(share)), 3)
            cells.append(ConfusionCell(count, _share(float(share)), tone, strength))
        rows.append((label, int(matrix.counts[row].sum()), cells))
    return rows


def confused_pairs(matrix: Confusion) -> list[tuple[str, str, int, str]]:
    """Return `(true, predicted, count, share of the true class)`, the most frequent first."""
    wrong = matrix.counts.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:_MOST_PAIRS]
    pairs = []
    for true, predicted in zip(*np.unravel_index(order, wrong.shape), strict=True):
        if wrong[true, predicted]:
            pairs.append(
                (
                    matrix.labels[true],
                    matrix.labels[predicted],
                    int(wrong[true, predicted]),
                    _share(float(matrix.shares[true, predicted])),
                )
            )
    return pairs


def plot_confusion(matrix: Confusion) -> Plot:
    """Return the matrix as a picture, for more classes than a table holds."""
    labels = [plot_text(label[:18]) for label in matrix.labels]
    font = {"size": 10 if len(labels) <= 40 else 8 if len(labels) <= 70 else 6}
    places = list(range(len(labels)))
    figure = make_figure(
        [
            go.Heatmap(
                z=np.sqrt(matrix.shares),
                customdata=np.stack([matrix.counts, matrix.shares], axis=-1),
                x=places,
                y=places,
                zmin=0,
                zmax=1,
                colorscale="Blues",
                showscale=False,
                hovertemplate="true %{y}, predicted %{x}<br>"
                "examples: %{customdata[0]}, %{customdata[1]:.1%} of the row<extra></extra>",
            )
        ],
        height=760,
        xaxis={
            "title": {"text": "predicted", "standoff": 12},
            "tickvals": places,
            "ticktext": labels,
            "tickfont": font,
        },
        yaxis={
            "title": {"text": "true", "standoff": 12},
            "tickfont": font,
            "tickvals": places,
            "ticktext": labels,
            "autorange": "reversed",
        },
        margin={"l": 110, "r": 12, "t": 10, "b": 90},
    )
    figure.layout.meta = {"shades": True}
    return Plot(
        "confusion",
        "Confusion matrix",
        figure,
        "Shade: square root of the share of the true class.",
    )


def _share(share: float) -> str:
    if not share:
        return ""
    return "<1%" if share < 0.005 else f"{share:.0%}"


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
    if len(scores) <= _MOST_ROWS:
        return scores
    present = [score for score in scores if score.examples]
    return tuple(sorted(present, key=lambda score: score.f1)[:_MOST_ROWS])
