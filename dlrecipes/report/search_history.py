"""Each trial's score in the order of the search."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from dlrecipes.report.format import plot_text
from dlrecipes.report.plot import (
    ACCENT,
    MUTED,
    TEXT,
    Plot,
    Ticks,
    axis_ticks,
    make_figure,
    series_colour,
)
from dlrecipes.report.trial_points import SYMBOLS, TrialPoint, TrialPoints
from dlrecipes.results import plural

_MOST = 2000
_MOST_TICKS = 12


def running_best(trials: TrialPoints) -> list[tuple[int, float]]:
    """Return `(order, score)` wherever a trial beat all before it, and at the last trial."""
    steps: list[tuple[int, float]] = []
    best = trials.objective.worst
    for point in trials.scored:
        if point.score is not None and trials.objective.better(point.score, best):
            best = point.score
            steps.append((point.order, best))
    if steps and steps[-1][0] < len(trials.points) - 1:
        steps.append((len(trials.points) - 1, best))
    return steps


def number_ticks(trials: TrialPoints) -> Ticks:
    """Return where the axis says a trial's number: the one it has in its stage, from 0."""
    step = next(
        step
        for power in range(20)
        for step in (10**power, 2 * 10**power, 5 * 10**power)
        if step * _MOST_TICKS >= len(trials.points)
    )
    ticks: Ticks = []
    for point in trials.points:
        number = point.record.number
        if number % step:
            continue
        if ticks and point.order - ticks[-1][0] < step / 2:
            if number:
                continue
            ticks.pop()
        ticks.append((point.order, f"{number:,}"))
    return ticks


def _borders(trials: TrialPoints) -> list[dict[str, Any]]:
    """Return a line wherever a stage begins after another."""
    pairs = zip(trials.points, trials.points[1:], strict=False)
    return [
        {
            "type": "line",
            "yref": "paper",
            "x0": after.order - 0.5,
            "x1": after.order - 0.5,
            "y0": 0,
            "y1": 1,
            "layer": "below",
            "line": {"color": MUTED, "width": 1, "dash": "dot"},
        }
        for before, after in pairs
        if before.record.stage != after.record.stage
    ]


def plot_search_history(trials: TrialPoints) -> Plot:
    """Return the plot of scores over the order of trials."""
    drawn = trials.thin_out(trials.points, _MOST)
    traces: list[Any] = [
        _points(trials, stage, [point for point in drawn if point.record.stage == stage])
        for stage in trials.stages
    ]
    traces += [
        _key(stage, "circle", series_colour(index), group=stage)
        for index, stage in enumerate(trials.stages)
    ]
    steps = running_best(trials)
    traces.append(
        go.Scatter(
            x=[order for order, _ in steps],
            y=[score for _, score in steps],
            mode="lines",
            name="best so far",
            line={"shape": "hv", "width": 1.5, "color": TEXT},
            hovertemplate="best so far %{y:.4g}<extra></extra>",
        )
    )
    if trials.winner:
        traces.append(winner_marker(trials.winner.order, trials.winner))
    present = {point.record.status for point in trials.points}
    for status in (status for status in SYMBOLS if status in present):
        traces.append(_key(status, SYMBOLS[status], MUTED, group=status))
    figure = make_figure(
        traces,
        height=420,
        xaxis={
            "title": {"text": "trial, numbered from 0 in each stage"},
            "range": [-1, len(trials.points)],
            "showgrid": False,
            **axis_ticks(number_ticks(trials)),
        },
        shapes=_borders(trials),
        yaxis=trials.scale.axis(plot_text(trials.label)),
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        margin={"l": 60, "r": 12, "t": 60, "b": 44},
        hovermode="closest",
    )
    return Plot("search-history", "The score of each trial", figure, _caption(trials, len(drawn)))


def winner_marker(x: object, winner: TrialPoint) -> go.Scatter:
    """Return the ring around the winner, the same in all plots."""
    return go.Scatter(
        x=[x],
        y=[winner.score],
        mode="markers",
        name="winner",
        marker={
            "symbol": "star",
            "size": 15,
            "color": ACCENT,
            "line": {"width": 1.5, "color": "var(--page)"},
        },
        text=[winner.hover()],
        hovertemplate="<b>winner</b><br>%{text}<extra></extra>",
    )


def _points(trials: TrialPoints, stage: str, points: list[TrialPoint]) -> go.Scatter:
    return go.Scatter(
        x=[point.order for point in points],
        y=[trials.scale.place(point.score) for point in points],
        mode="markers",
        name=plot_text(stage),
        legendgroup=stage,
        showlegend=False,
        marker={
            "color": points[0].colour if points else MUTED,
            "symbol": [point.symbol for point in points],
            "size": 7 if len(points) < 500 else 5,
            "opacity": 0.8,
            "line": {"width": 1.5, "color": points[0].colour if points else MUTED},
        },
        text=[point.hover() for point in points],
        hovertemplate="%{text}<extra></extra>",
    )


def _key(name: str, symbol: str, colour: str, *, group: str) -> go.Scatter:
    """Return a trace without points, for the legend alone."""
    return go.Scatter(
        x=[None],
        y=[None],
        mode="markers",
        name=plot_text(name),
        legendgroup=group,
        marker={
            "color": colour,
            "symbol": symbol,
            "size": 8,
            "line": {"width": 1.5, "color": colour},
        },
    )


def _caption(trials: TrialPoints, drawn: int) -> str:
    better = "higher" if trials.objective.direction == "max" else "lower"
    parts = [f"Coloured by stage; {better} is better."]
    if trials.scale.empty:
        parts = ["Coloured by stage. No trial has a score."]
    elif trials.off_scale:
        edge = "lower" if trials.objective.direction == "max" else "upper"
        parts.append(
            f"{plural(trials.off_scale, 'trial')} without a score, or too bad for the scale, "
            f"at the {edge} edge."
        )
    if drawn < len(trials.points):
        parts.append(
            f"{drawn:,} of {len(trials.points):,} trials are drawn, all of the best among them."
        )
    return " ".join(parts)
