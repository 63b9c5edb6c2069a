"""Two classes over all thresholds: the precision-recall and the ROC curve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from sklearn import metrics

from dlrecipes.diagnose import decide
from dlrecipes.metrics import precision_recall_steps
from dlrecipes.report.format import format_number, plot_text
from dlrecipes.report.plot import ACCENT, MUTED, WARN, Plot, make_figure
from dlrecipes.report.saved_predictions import SavedPredictions
from dlrecipes.results import DataSpec, Decisions, Threshold, ThresholdGoal, plural
from dlrecipes.targets import kind_of

_MOST_POINTS = 2000
_EVEN = 0.5
Curve = tuple[NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True)
class ThresholdSection:
    """What the report says of thresholds.

    Args:
        positive: The class that is looked for, the second one.
        chosen: What the threshold was chosen for and what that reached, in words; empty if none
            was chosen.
        columns: Names of the numbers.
        rows: For each threshold its name and its numbers, as text.
        plots: The two curves.
    """

    positive: str
    chosen: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    plots: tuple[Plot, Plot]


def threshold_section(
    saved: SavedPredictions, threshold: Threshold | None, spec: DataSpec
) -> ThresholdSection | None:
    """Return the section for the exported refit, the first; None where a class is missing.

    Args:
        saved: The saved test predictions.
        threshold: The threshold that was chosen on validation data, if any.
        spec: The data's description.
    """
    positive = kind_of(spec.target).positive
    if positive is None or len(np.unique(saved.y)) < 2:
        return None
    scores = saved.predictions[:, :, 1]
    goal = None if threshold is None else ThresholdGoal.parse(threshold.goal)
    points = [(f"at {_EVEN:g}", decide(saved.y, scores[0], _EVEN))]
    if threshold is not None:
        name = f"at {format_number(threshold.threshold)}, chosen for {threshold.goal}"
        points.append((name, decide(saved.y, scores[0], threshold.threshold)))
    columns: tuple[str, ...] = ("found", "false alarms", "missed", "left alone")
    columns += ("precision", "recall", "F1", "accuracy")
    columns += ("cost an example",) if goal is not None and goal.kind == "cost" else ()
    return ThresholdSection(
        positive=positive,
        chosen=_chosen(threshold, goal),
        columns=columns,
        rows=tuple((name, _numbers(decisions, goal)) for name, decisions in points),
        plots=(
            _precision_recall(saved.y, scores, points, positive),
            _roc(saved.y, scores, points),
        ),
    )


def _chosen(threshold: Threshold | None, goal: ThresholdGoal | None) -> str:
    if threshold is None or goal is None:
        return ""
    seen = threshold.validation
    reached = {"f": f"F{goal.beta:g}", "cost": "cost an example"}.get(goal.kind, goal.kind)
    return (
        f"It was chosen on the validation data for {goal.words}: there {reached} was "
        f"{format_number(threshold.value)}, with {seen.true_positives:,} found, "
        f"{plural(seen.false_positives, 'false alarm')} and {seen.false_negatives:,} missed. "
        "Chosen on few positives, it is a rough one, and what it reached there is optimistic."
    )


def _numbers(decisions: Decisions, goal: ThresholdGoal | None) -> tuple[str, ...]:
    counts = (
        decisions.true_positives,
        decisions.false_positives,
        decisions.false_negatives,
        decisions.true_negatives,
    )
    shares = [decisions.precision, decisions.recall, decisions.f(), decisions.accuracy]
    if goal is not None and goal.kind == "cost":
        shares.append(decisions.cost(goal.false_positive, goal.false_negative))
    return (*(f"{count:,}" for count in counts), *map(format_number, shares))


def _precision_recall(
    y: NDArray[np.int64],
    scores: NDArray[np.float64],
    points: list[tuple[str, Decisions]],
    positive: str,
) -> Plot:
    prevalence = float(np.mean(y))
    area = float(metrics.average_precision_score(y, scores[0]))
    traces = [
        go.Scatter(
            x=[0, 1],
            y=[prevalence, prevalence],
            mode="lines",
            name="chance",
            line={"color": MUTED, "width": 1.2, "dash": "dash"},
            hovertemplate=f"share of {plot_text(positive)}: {prevalence:.2%}<extra></extra>",
        ),
        *_lines(
            [precision_recall_steps(y, probabilities) for probabilities in scores],
            "vh",
            "recall %{x:.3f}, precision",
        ),
        *_marks([(name, point.recall, point.precision) for name, point in points]),
    ]
    return Plot(
        "precision-recall",
        "Precision over recall",
        curve_figure(traces, "recall", "precision"),
        f"Area (average precision) of the exported network {format_number(area)}; dashed: the "
        f"share of {positive}, {prevalence:.1%}, which guessing reaches.",
    )


def _roc(
    y: NDArray[np.int64], scores: NDArray[np.float64], points: list[tuple[str, Decisions]]
) -> Plot:
    area = float(metrics.roc_auc_score(y, scores[0]))
    curves = [metrics.roc_curve(y, probabilities)[:2] for probabilities in scores]
    traces = [
        go.Scatter(
            x=[0, 1],
            y=[0, 1],
            mode="lines",
            name="chance",
            line={"color": MUTED, "width": 1.2, "dash": "dash"},
            hoverinfo="skip",
        ),
        *_lines(curves, "linear", "false alarms among negatives %{x:.3f}, recall"),
        *_marks([(name, _false_rate(point), point.recall) for name, point in points]),
    ]
    return Plot(
        "roc",
        "Recall over false alarms (ROC)",
        curve_figure(traces, "share of the negatives that raise an alarm", "recall"),
        f"Area of the exported network {format_number(area)}; dashed: chance, 0.5.",
    )


def _false_rate(decisions: Decisions) -> float:
    negatives = decisions.false_positives + decisions.true_negatives
    return decisions.false_positives / negatives


def _lines(curves: list[Curve], shape: str, words: str) -> list[Any]:
    """Return a line a refit, the exported one on top and last."""
    traces = []
    for at in reversed(range(len(curves))):
        x, y = thinned(curves[at])
        name = "exported network" if at == 0 else "other refits"
        traces.append(
            go.Scatter(
                x=x,
                y=y,
                mode="lines",
                name=name,
                legendgroup=name,
                showlegend=at in (0, 1),
                line={"color": ACCENT, "width": 2.2 if at == 0 else 1, "shape": shape},
                opacity=1 if at == 0 else 0.4,
                hovertemplate=f"{words} %{{y:.3f}}<extra></extra>",
            )
        )
    return traces


def _marks(points: list[tuple[str, float, float]]) -> list[Any]:
    return [
        go.Scatter(
            x=[x],
            y=[y],
            mode="markers",
            name=plot_text(name),
            marker={
                "size": 10,
                "symbol": "circle" if index else "circle-open",
                "color": WARN if index else MUTED,
                "line": {"width": 2},
            },
            hovertemplate=f"{plot_text(name)}: %{{x:.3f}}, %{{y:.3f}}<extra></extra>",
        )
        for index, (name, x, y) in enumerate(points)
    ]


def thinned(curve: Curve) -> Curve:
    """Return a curve of no more points, and no longer numbers, than a page can bear.

    Args:
        curve: Its points, `(points,)` each.
    """
    x, y = curve
    if len(x) > _MOST_POINTS:
        kept = np.unique(np.linspace(0, len(x) - 1, _MOST_POINTS).astype(int))
        x, y = x[kept], y[kept]
    return np.round(x, 6), np.round(y, 6)


def curve_figure(traces: list[Any], x: str, y: str) -> go.Figure:
    """Return a figure whose axes are shares from 0 to 1.

    Args:
        traces: What is drawn.
        x: The label of the horizontal axis.
        y: That of the vertical one.
    """
    return make_figure(
        traces,
        height=420,
        xaxis={"title": {"text": x}, "range": [-0.01, 1.01]},
        yaxis={"title": {"text": y}, "range": [-0.01, 1.03]},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        margin={"l": 60, "r": 12, "t": 64, "b": 44},
        hovermode="closest",
    )
