"""A picture of the errors against the number of training examples, and of the law behind them."""

from __future__ import annotations

from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dlrecipes.report.format import plot_text
from dlrecipes.report.page import Page, write_page
from dlrecipes.report.plot import ACCENT, MUTED, Plot, axis_ticks, log_ticks, make_figure
from dlrecipes.results import LearningCurve, plural, significant

_POINTS = 60


def write_learning_curve(curve: LearningCurve, path: Path, name: str) -> Path:
    """Write a page with a learning curve and return where it is.

    Args:
        curve: The curve.
        path: The HTML file, in a folder that exists.
        name: What was trained, such as the recipe's name.
    """
    law = curve.law
    rows = tuple(
        (
            f"{rung.examples:,}",
            _mean_and_spread(rung.train),
            _mean_and_spread(rung.validation),
            str(len(rung.validation)),
        )
        for rung in curve.rungs
    )
    said = (
        f"The {curve.error} of n training examples is about {significant(law.floor, 3)} + "
        f"{significant(law.factor, 3)} · n^-{significant(law.exponent, 3)}; 95 % intervals: floor "
        f"{significant(law.floor_interval[0], 3)} to {significant(law.floor_interval[1], 3)}, "
        f"exponent {significant(law.exponent_interval[0], 3)} to "
        f"{significant(law.exponent_interval[1], 3)}."
    )
    page = Page(
        over=f"{name} · learning curve",
        title=curve.sentence,
        plots=(plot_learning_curve(curve),),
        lines=(said,),
        columns=("training examples", f"{curve.error} on them", "on validation", "trainings"),
        rows=rows,
    )
    return write_page(page, path)


def plot_learning_curve(curve: LearningCurve) -> Plot:
    """Return the picture: each training a point, both means a line, the law up to twice the data.

    Args:
        curve: The curve.
    """
    sizes = [rung.examples for rung in curve.rungs]
    traces: list[Any] = []
    for part, colour in (("training", MUTED), ("validation", ACCENT)):
        errors = [rung.train if part == "training" else rung.validation for rung in curve.rungs]
        traces.append(
            go.Scatter(
                x=[size for size, own in zip(sizes, errors, strict=True) for _ in own],
                y=[error for own in errors for error in own],
                mode="markers",
                name=f"{part}, each",
                showlegend=False,
                opacity=0.5,
                marker={"size": 5, "color": colour},
                hovertemplate=f"{part}<br>%{{x}} examples: %{{y:.4g}}<extra></extra>",
            )
        )
        traces.append(
            go.Scatter(
                x=sizes,
                y=[fmean(own) for own in errors],
                mode="lines+markers" if part == "training" else "markers",
                name=part,
                line={"width": 1.6, "color": colour},
                marker={"size": 8, "color": colour},
                hovertemplate=f"{part}, mean<br>%{{x}} examples: %{{y:.4g}}<extra></extra>",
            )
        )
    beyond = np.geomspace(sizes[0], 2 * sizes[-1], _POINTS)
    traces.append(
        go.Scatter(
            x=beyond.tolist(),
            y=[curve.law.at(size) for size in beyond],
            mode="lines",
            name="power law, up to twice the data",
            line={"width": 1.6, "color": ACCENT, "dash": "dash"},
            hoverinfo="skip",
        )
    )
    now = curve.law.at(2 * sizes[-1]) + curve.gain
    traces.append(
        go.Scatter(
            x=[2 * sizes[-1]],
            y=[now - curve.gain],
            mode="markers",
            name="twice the data, with its 95 % interval",
            marker={"size": 9, "color": "var(--page)", "line": {"width": 2, "color": ACCENT}},
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [max(curve.gain - curve.gain_interval[0], 0.0)],
                "arrayminus": [max(curve.gain_interval[1] - curve.gain, 0.0)],
                "color": ACCENT,
            },
            hovertemplate="%{x} examples: %{y:.4g}<extra></extra>",
        )
    )
    figure = make_figure(
        traces,
        height=420,
        xaxis={
            "title": {"text": "training examples, log scale"},
            "type": "log",
            **axis_ticks(log_ticks(sizes[0], 2 * sizes[-1])),
        },
        yaxis={"title": {"text": plot_text(curve.error)}, "rangemode": "tozero"},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        margin={"l": 60, "r": 12, "t": 60, "b": 44},
        hovermode="closest",
    )
    caption = f"{plural(max(len(rung.validation) for rung in curve.rungs), 'training')} a rung"
    title = f"{curve.error[:1].upper()}{curve.error[1:]} against the number of training examples"
    return Plot("learning-curve", title, figure, caption)


def _mean_and_spread(errors: tuple[float, ...]) -> str:
    spread = f" ± {significant(stdev(errors), 2)}" if len(errors) > 1 else ""
    return f"{significant(fmean(errors), 3)}{spread}"
