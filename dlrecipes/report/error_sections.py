"""What the exported network got wrong, target by target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from dlrecipes.report.class_curves import class_curves
from dlrecipes.report.confusion import (
    MOST_IN_PLOT,
    MOST_IN_TABLE,
    ClassScore,
    ConfusionCell,
    class_scores,
    confused_pairs,
    confusion,
    confusion_cells,
    plot_confusion,
    worst_classes,
)
from dlrecipes.report.mistakes import Mistakes, find_mistakes
from dlrecipes.report.plot import ACCENT, MUTED, Plot, make_figure
from dlrecipes.report.saved_predictions import SavedPredictions
from dlrecipes.report.threshold_curves import ThresholdSection, threshold_section
from dlrecipes.results import DataSpec, Target, Threshold
from dlrecipes.targets import if_named, known_values, split_predictions

_MOST = 2000


@dataclass(frozen=True)
class ErrorSection:
    """What the report says of the errors of one target.

    Args:
        name: The target's name; empty for a single one.
        suffix: What its identifiers in the page end in.
        mistakes: The worst mistakes.
        thresholds: The curves of two classes.
        cells: The confusion matrix as a table; empty for values and for many classes.
        confusion_plot: The confusion matrix as a picture, for many classes.
        pairs: The most frequent confusions, where the matrix is no table.
        classes: Precision and recall of each class, or of the worst.
        all_classes: Number of classes.
        curves: Precision-recall and ROC of each class against the rest, of more than two.
        regression: Predicted against true values.
    """

    name: str
    suffix: str
    mistakes: Mistakes
    thresholds: ThresholdSection | None = None
    cells: Sequence[tuple[str, int, list[ConfusionCell]]] = ()
    confusion_plot: Plot | None = None
    pairs: Sequence[tuple[str, str, int, str]] = ()
    classes: Sequence[ClassScore] = ()
    all_classes: int = 0
    curves: tuple[Plot, ...] = ()
    regression: tuple[Plot, ...] = ()


def error_sections(
    saved: SavedPredictions | None, spec: DataSpec, threshold: Threshold | None
) -> tuple[ErrorSection, ...]:
    """Return a section for each target.

    Args:
        saved: The saved predictions; None while the test set is sealed.
        spec: The data as loaded.
        threshold: The threshold that was chosen, if any: of a single target.
    """
    if saved is None or not len(saved.y):
        return ()
    sections = []
    for at, target in enumerate(spec.targets, start=1):
        single = spec.of_target(target)
        found = _section(_of_target(saved, spec, target), single, threshold)
        sections.append(_named(found, if_named(target, target.shown), if_named(target, f"-{at}")))
    return tuple(sections)


def _named(section: ErrorSection, name: str, suffix: str) -> ErrorSection:
    """Return a section under the name of its target, its pictures under its number."""

    def numbered(plot: Plot) -> Plot:
        return replace(plot, name=f"{plot.name}{suffix}")

    thresholds = section.thresholds
    if thresholds is not None:
        first, second = (numbered(plot) for plot in thresholds.plots)
        thresholds = replace(thresholds, plots=(first, second))
    return replace(
        section,
        name=name,
        suffix=suffix,
        thresholds=thresholds,
        confusion_plot=section.confusion_plot and numbered(section.confusion_plot),
        curves=tuple(numbered(plot) for plot in section.curves),
        regression=tuple(numbered(plot) for plot in section.regression),
    )


def _section(saved: SavedPredictions, spec: DataSpec, threshold: Threshold | None) -> ErrorSection:
    first = saved.predictions[0]
    section = ErrorSection("", "", find_mistakes(saved, spec))
    names = spec.target.class_names
    if not names:
        return replace(section, regression=_plot_regression(saved.y, first))
    matrix = confusion(saved.y, first, names)
    count = len(names)
    small = count <= MOST_IN_TABLE
    return replace(
        section,
        thresholds=threshold_section(saved, threshold, spec),
        cells=confusion_cells(matrix) if small else (),
        confusion_plot=None if small or count > MOST_IN_PLOT else plot_confusion(matrix),
        pairs=() if small else confused_pairs(matrix),
        classes=worst_classes(class_scores(saved.y, first, names)),
        all_classes=count,
        curves=class_curves(saved.y, first, names),
    )


def _of_target(saved: SavedPredictions, spec: DataSpec, target: Target) -> SavedPredictions:
    """Return the predictions of one target, of the examples in which it is known."""
    known, values = known_values(saved.y, spec, target)
    rows = np.flatnonzero(known)
    return SavedPredictions(
        tuple(saved.ids[row] for row in rows),
        saved.x[rows[rows < len(saved.x)]],
        values,
        split_predictions(saved.predictions, spec)[target.name][:, rows],
    )


def _plot_regression(y: NDArray[np.float64], predictions: NDArray[np.float64]) -> tuple[Plot, ...]:
    """Return two plots: predicted against true values, residuals against predictions.

    Args:
        y: True values, `(examples,)`.
        predictions: Predicted values, `(examples,)`.
    """
    finite = np.isfinite(y) & np.isfinite(predictions)
    y, predictions = y[finite], predictions[finite]
    if not len(y):
        return ()
    total = len(y)
    if total > _MOST:
        chosen = np.linspace(0, total - 1, _MOST).astype(int)
        y, predictions = y[chosen], predictions[chosen]
    note = "On the line a prediction is exact."
    if len(y) < total:
        note += f" {len(y):,} of {total:,} examples are drawn."
    ends = [float(min(y.min(), predictions.min())), float(max(y.max(), predictions.max()))]
    truth = _plot(y, predictions, ends, ends)
    truth.layout.xaxis.title.text, truth.layout.yaxis.title.text = "true", "predicted"
    flat = [float(predictions.min()), float(predictions.max())]
    rest = _plot(predictions, y - predictions, flat, [0.0, 0.0])
    rest.layout.xaxis.title.text = "predicted"
    rest.layout.yaxis.title.text = "true − predicted"
    return (
        Plot("predicted-true", "Predicted against true values", truth, note),
        Plot(
            "residuals",
            "What is left, over the prediction",
            rest,
            "A cloud without a shape around the line is what one wants to see.",
        ),
    )


def _plot(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    line_x: list[float],
    line_y: list[float],
) -> go.Figure:
    dots = go.Scatter(
        x=x,
        y=y,
        mode="markers",
        marker={"color": ACCENT, "size": 5, "opacity": 0.55},
        hovertemplate="%{x:.4g}, %{y:.4g}<extra></extra>",
    )
    line = go.Scatter(
        x=line_x, y=line_y, mode="lines", line={"color": MUTED, "width": 1.5}, hoverinfo="skip"
    )
    return make_figure(
        [dots, line],
        height=380,
        showlegend=False,
        hovermode="closest",
        margin={"l": 64, "r": 12, "t": 10, "b": 44},
        xaxis={"title": {}},
        yaxis={"title": {}},
    )
