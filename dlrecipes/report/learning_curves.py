"""Loss and metric of the refits, epoch by epoch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from dlrecipes.report.format import plot_text
from dlrecipes.report.plot import ACCENT, MUTED, Plot, axis_ticks, log_ticks, make_figure
from dlrecipes.results import History, Objective, RunResult, StudyResult

_LOG_RATIO = 30.0


@dataclass(frozen=True)
class Curve:
    """One line: a metric of one training, on one part of the data.

    Args:
        training: Which training, for example `"seed 0"`.
        part: `"training"` or `"validation"`.
        values: The value after each epoch; None where it was not finite.
        best_epoch: The epoch that was kept, from 0.
    """

    training: str
    part: str
    values: tuple[float | None, ...]
    best_epoch: int


@dataclass(frozen=True)
class CurvePanel:
    """The curves of one metric."""

    metric: str
    curves: tuple[Curve, ...]


def curve_panels(result: RunResult, study: StudyResult | None) -> tuple[CurvePanel, ...]:
    """Return the loss and, where it is another quantity, the objective's metric.

    Without refits the winning trial's own curves are taken.
    """
    trainings: list[tuple[str, History, int]] = [
        (f"seed {refit.seed}", refit.history, refit.best_epoch) for refit in result.refits
    ]
    if not trainings and study is not None and study.best.score is not None:
        best = study.best
        trainings = [(f"{best.stage} trial {best.number}", best.history, best.best_epoch or 0)]
    metric = Objective(result.objective, result.direction).metric
    panels = []
    for name in dict.fromkeys(("loss", metric)):
        curves = tuple(
            Curve(training, part, tuple(_finite(value) for value in history[key]), best_epoch)
            for training, history, best_epoch in trainings
            for part, key in (("training", name), ("validation", f"val_{name}"))
            if history.get(key)
        )
        if any(value is not None for curve in curves for value in curve.values):
            panels.append(CurvePanel(name, curves))
    return tuple(panels)


def plot_learning_curves(panels: tuple[CurvePanel, ...]) -> tuple[Plot, ...]:
    """Return one plot a panel."""
    return tuple(_plot_panel(panel, index) for index, panel in enumerate(panels))


def _plot_panel(panel: CurvePanel, index: int) -> Plot:
    traces: list[Any] = []
    named: set[str] = set()
    for curve in panel.curves:
        colour = ACCENT if curve.part == "validation" else MUTED
        epochs = list(range(1, len(curve.values) + 1))
        traces.append(
            go.Scatter(
                x=epochs,
                y=list(curve.values),
                mode="lines" if len(epochs) > 1 else "markers",
                name=curve.part,
                legendgroup=curve.part,
                showlegend=curve.part not in named,
                line={"width": 1.6, "color": colour},
                opacity=0.85,
                hovertemplate=f"{plot_text(curve.training)}, {curve.part}<br>"
                "epoch %{x}: %{y:.4g}<extra></extra>",
            )
        )
        named.add(curve.part)
    best = [
        (curve, curve.values[curve.best_epoch])
        for curve in panel.curves
        if curve.part == "validation" and 0 <= curve.best_epoch < len(curve.values)
    ]
    if best:
        traces.append(
            go.Scatter(
                x=[curve.best_epoch + 1 for curve, _ in best],
                y=[value for _, value in best],
                mode="markers",
                name="best epoch, kept",
                marker={
                    "size": 9,
                    "color": "var(--page)",
                    "line": {"width": 2, "color": ACCENT},
                },
                text=[plot_text(curve.training) for curve, _ in best],
                hovertemplate="%{text}, best epoch %{x}: %{y:.4g}<extra></extra>",
            )
        )
    log = _spreads(panel)
    figure = make_figure(
        traces,
        height=330,
        xaxis={"title": {"text": "epoch"}, "rangemode": "tozero"},
        yaxis={"title": {"text": plot_text(panel.metric)}} | _axis(panel, log),
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        margin={"l": 60, "r": 12, "t": 40, "b": 44},
        hovermode="closest",
    )
    name = panel.metric[:1].upper() + panel.metric[1:].replace("_", " ")
    title = f"{name} after each epoch" + (", log scale" if log else "")
    return Plot(f"curves-{index}", title, figure)


def _axis(panel: CurvePanel, log: bool) -> dict[str, Any]:
    values = _values(panel)
    return {"type": "log", **axis_ticks(log_ticks(min(values), max(values)))} if log else {}


def _values(panel: CurvePanel) -> list[float]:
    return [value for curve in panel.curves for value in curve.values if value is not None]


def _spreads(panel: CurvePanel) -> bool:
    values = _values(panel)
    return min(values) > 0 and max(values) / min(values) > _LOG_RATIO


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
