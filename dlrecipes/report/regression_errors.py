"""Predicted against true values, and what is left."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from dlrecipes.report.plot import ACCENT, MUTED, Plot, make_figure

_MOST = 2000


def plot_regression(y: NDArray[np.float64], predictions: NDArray[np.float64]) -> tuple[Plot, ...]:
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
