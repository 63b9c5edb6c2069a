"""More than two classes over all thresholds: each class against the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from sklearn import metrics

from dlrecipes.metrics import precision_recall_steps
from dlrecipes.report.format import format_number, plot_text
from dlrecipes.report.plot import MUTED, Plot, series_colour
from dlrecipes.report.threshold_curves import curve_figure, thinned

_MOST = 6  # as many as there are colours


def class_curves(
    y: NDArray[np.int64], probabilities: NDArray[np.float64], names: Sequence[str]
) -> tuple[Plot, ...]:
    """Return the precision-recall and the ROC curve of each class against the rest.

    Of many classes those are drawn whose average precision is worst.

    Args:
        y: Class indices, `(examples,)`.
        probabilities: Those of the exported network, `(examples, classes)`.
        names: What the classes are called, at least three.

    Returns:
        Two plots; none for two classes, or where fewer than two classes occur.
    """
    there = [at for at in range(len(names)) if 0 < int(np.sum(y == at)) < len(y)]
    if len(names) < 3 or not there:
        return ()
    is_class = {at: (y == at).astype(np.int64) for at in there}
    area = {
        at: float(metrics.average_precision_score(is_class[at], probabilities[:, at]))
        for at in there
    }
    under = {at: float(metrics.roc_auc_score(is_class[at], probabilities[:, at])) for at in there}
    drawn = sorted(sorted(there, key=lambda at: area[at])[:_MOST])
    curves = {at: precision_recall_steps(is_class[at], probabilities[:, at]) for at in drawn}
    roc = {at: metrics.roc_curve(is_class[at], probabilities[:, at])[:2] for at in drawn}
    which = "" if len(drawn) == len(there) else f" The {len(drawn)} worst of {len(there)} classes."
    mean, mean_under = (float(np.mean(list(areas.values()))) for areas in (area, under))
    chance = go.Scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        name="chance",
        line={"color": MUTED, "width": 1.2, "dash": "dash"},
        hoverinfo="skip",
    )
    return (
        Plot(
            "class-precision-recall",
            "Precision over recall, each class against the rest",
            curve_figure(_lines(curves, area, names, "vh"), "recall", "precision"),
            f"In brackets the area (average precision); its mean over the classes is "
            f"{format_number(mean)}. Guessing reaches the share of a class.{which}",
        ),
        Plot(
            "class-roc",
            "Recall over false alarms (ROC), each class against the rest",
            curve_figure(
                [chance, *_lines(roc, under, names, "linear")],
                "share of the rest that raises an alarm",
                "recall",
            ),
            f"In brackets the area; its mean over the classes is {format_number(mean_under)}. "
            f"Dashed: chance, 0.5.{which}",
        ),
    )


def _lines(
    curves: dict[int, tuple[NDArray[np.float64], NDArray[np.float64]]],
    areas: dict[int, float],
    names: Sequence[str],
    shape: str,
) -> list[Any]:
    lines = []
    for index, (at, curve) in enumerate(curves.items()):
        x, y = thinned(curve)
        name = plot_text(names[at][:18])
        lines.append(
            go.Scatter(
                x=x,
                y=y,
                mode="lines",
                name=f"{name} ({areas[at]:.3f})",
                line={"color": series_colour(index), "width": 1.8, "shape": shape},
                hovertemplate=f"{name}: %{{x:.3f}}, %{{y:.3f}}<extra></extra>",
            )
        )
    return lines
