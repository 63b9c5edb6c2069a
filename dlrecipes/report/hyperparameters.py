"""Each hyperparameter against the score."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dlrecipes.report.format import format_hyperparameter, plot_text
from dlrecipes.report.plot import ACCENT, MUTED, Plot, axis_ticks, log_ticks, make_figure, tick_text
from dlrecipes.report.search_history import winner_marker
from dlrecipes.report.trial_points import TrialPoint, TrialPoints
from dlrecipes.results import Hyperparameter, StudyResult, Value, plural
from dlrecipes.search.ranges import with_ranges

MOST_PANELS = 24
_BUDGET = 12_000
_JITTER = 0.28
_ROOM = 0.03


@dataclass(frozen=True)
class HyperparameterPanel:
    """What one panel shows.

    Args:
        hyperparameter: The hyperparameter.
        importance: Its share of what separates good trials from bad ones; None if unknown.
        points: The trials in which it was active.
        ranges: `(stage, low, high)` that were searched, without repetitions.
        choices: The values of a categorical one, in their order.
    """

    hyperparameter: Hyperparameter
    importance: float | None
    points: tuple[TrialPoint, ...]
    ranges: tuple[tuple[str, float, float], ...]
    choices: tuple[Value, ...]


def searched(study: StudyResult) -> list[Hyperparameter]:
    """Return the hyperparameters that were searched, the most important first.

    A coarse list is drawn as the range that it spans, for a later stage searches between its
    values.
    """
    space = [one for one in with_ranges(study.space) if one.kind != "fixed"]
    return sorted(space, key=lambda hp: -study.importances.get(hp.name, 0.0))


def has_value(hyperparameter: Hyperparameter, point: TrialPoint) -> bool:
    """Whether a trial has a value of this hyperparameter, in its scope."""
    values = point.record.values
    return hyperparameter.name in values and hyperparameter.active(values)


def hyperparameter_panels(
    study: StudyResult, trials: TrialPoints
) -> tuple[HyperparameterPanel, ...]:
    """Return one panel a hyperparameter, the most important first."""
    panels = []
    for hyperparameter in searched(study):
        points = tuple(point for point in trials.points if has_value(hyperparameter, point))
        choices = () if hyperparameter.numeric else _choices(hyperparameter, points)
        panels.append(
            HyperparameterPanel(
                hyperparameter=hyperparameter,
                importance=study.importances.get(hyperparameter.name),
                points=points,
                ranges=_ranges(hyperparameter, study),
                choices=choices,
            )
        )
    return tuple(panels)


def plot_hyperparameters(
    panels: Sequence[HyperparameterPanel], trials: TrialPoints
) -> tuple[Plot, ...]:
    """Return the plots, at most `MOST_PANELS`."""
    shown = panels[:MOST_PANELS]
    most = max(200, min(1000, _BUDGET // max(len(shown), 1)))
    return tuple(
        _plot_panel(panel, trials, index, trials.thin_out(panel.points, most))
        for index, panel in enumerate(shown)
    )


def _choices(hyperparameter: Hyperparameter, points: tuple[TrialPoint, ...]) -> tuple[Value, ...]:
    found = [point.record.values[hyperparameter.name] for point in points]
    return tuple(dict.fromkeys((*hyperparameter.choices, *found)))


def _ranges(
    hyperparameter: Hyperparameter, study: StudyResult
) -> tuple[tuple[str, float, float], ...]:
    name = hyperparameter.name
    if not all(
        hyperparameter.same_values(one) for one in with_ranges(study.space) if one.name == name
    ):
        return ()  # what a stage noted is that of all scopes together
    found: dict[tuple[float, float], str] = {}
    for stage in study.stages:
        if name in stage.ranges:
            found.setdefault(stage.ranges[name], stage.name)
    return tuple((stage, low, high) for (low, high), stage in found.items())


def _plot_panel(
    panel: HyperparameterPanel, trials: TrialPoints, index: int, points: tuple[TrialPoint, ...]
) -> Plot:
    if panel.hyperparameter.numeric:
        traces, axis = _numeric(panel, trials, points), _numeric_axis(panel)
    else:
        traces, axis = _categorical(panel, trials, points), _categorical_axis(panel)
    figure = make_figure(
        traces,
        height=250,
        showlegend=False,
        hovermode="closest",
        xaxis=axis,
        yaxis=trials.scale.axis(""),
        shapes=_shading(panel) if panel.hyperparameter.numeric else [],
        margin={"l": 48, "r": 10, "t": 6, "b": 34},
    )
    caption = [] if panel.importance is None else [f"importance {panel.importance:.0%}"]
    if panel.hyperparameter.log:
        mirrored = panel.hyperparameter.mirror is not None
        caption.append("reversed log scale" if mirrored else "log scale")
    if len(panel.points) < len(trials.points):
        caption.append(f"active in {plural(len(panel.points), 'trial')}")
    if panel.hyperparameter.conditions:
        caption.append(f"where {panel.hyperparameter.scope}")
    return Plot(f"hp-{index}", panel.hyperparameter.name, figure, ", ".join(caption))


def _scatter(x: list[float], trials: TrialPoints, points: tuple[TrialPoint, ...]) -> go.Scatter:
    return go.Scatter(
        x=x,
        y=[trials.scale.place(point.score) for point in points],
        mode="markers",
        marker={
            "color": [point.colour for point in points],
            "symbol": [point.symbol for point in points],
            "size": 6 if len(points) < 300 else 4.5,
            "opacity": 0.75,
            "line": {"width": 1.2, "color": [point.colour for point in points]},
        },
        text=[point.hover() for point in points],
        hovertemplate="%{text}<extra></extra>",
    )


def _numeric(
    panel: HyperparameterPanel, trials: TrialPoints, points: tuple[TrialPoint, ...]
) -> list[Any]:
    one = panel.hyperparameter
    traces: list[Any] = [_scatter([_at(one, point) for point in points], trials, points)]
    if trials.winner and has_value(one, trials.winner):
        traces.append(winner_marker(_at(one, trials.winner), trials.winner))
    return traces


def _at(one: Hyperparameter, point: TrialPoint) -> float:
    """Return where a trial lies on the axis: a reversed log scale is over the mirrored numbers."""
    return one.mirrored(float(point.record.values[one.name] or 0))


def _numeric_axis(panel: HyperparameterPanel) -> dict[str, Any]:
    """Return an axis over all that was searched, with a little room at both ends."""
    one, log = panel.hyperparameter, panel.hyperparameter.log
    ends = [one.mirrored(end) for end in (one.low, one.high)]
    ends += [one.mirrored(end) for _, *both in panel.ranges for end in both]
    ends += [_at(one, point) for point in panel.points]
    ends = [end for end in ends if end > 0 or not log]
    if not ends:
        return {"type": "log" if log else "linear"}
    low, high = min(ends), max(ends)
    first, last = (math.log10(low), math.log10(high)) if log else (low, high)
    room = _ROOM * ((last - first) or abs(first) or 1.0)
    axis: dict[str, Any] = {
        "type": "log" if log else "linear",
        "range": [first - room, last + room],
    }
    if one.mirror is not None:
        ticks = [(at, tick_text(one.mirrored(at))) for at, _ in log_ticks(low, high)]
        return axis | {"range": axis["range"][::-1]} | axis_ticks(ticks)
    return axis | (axis_ticks(log_ticks(low, high)) if log else {"nticks": 6})


def _categorical(
    panel: HyperparameterPanel, trials: TrialPoints, points: tuple[TrialPoint, ...]
) -> list[Any]:
    name = panel.hyperparameter.name
    place = {choice: index for index, choice in enumerate(panel.choices)}
    # Golden-ratio steps spread the points evenly and are the same every time.
    offsets = [((point.order * 0.618034) % 1 - 0.5) * 2 * _JITTER for point in points]
    x = [
        place[point.record.values[name]] + offset
        for point, offset in zip(points, offsets, strict=True)
    ]
    traces: list[Any] = [_scatter(x, trials, points)]
    for choice, index in place.items():
        scores = [
            point.score
            for point in panel.points
            if point.score is not None and point.record.values[name] == choice
        ]
        if scores:
            middle = trials.scale.place(float(np.median(scores)))
            traces.append(
                go.Scatter(
                    x=[index - 0.36, index + 0.36],
                    y=[middle, middle],
                    mode="lines",
                    line={"width": 2.5, "color": MUTED},
                    hovertemplate="median %{y:.4g}<extra></extra>",
                )
            )
    if trials.winner and has_value(panel.hyperparameter, trials.winner):
        traces.append(winner_marker(place[trials.winner.record.values[name]], trials.winner))
    return traces


def _categorical_axis(panel: HyperparameterPanel) -> dict[str, Any]:
    return {
        "tickvals": list(range(len(panel.choices))),
        "ticktext": [plot_text(format_hyperparameter(choice)[:14]) for choice in panel.choices],
        "range": [-0.6, max(len(panel.choices), 1) - 0.4],
        "showgrid": False,
    }


def _shading(panel: HyperparameterPanel) -> list[dict[str, Any]]:
    return [
        {
            "type": "rect",
            "xref": "x",
            "yref": "paper",
            "x0": panel.hyperparameter.mirrored(low),
            "x1": panel.hyperparameter.mirrored(high),
            "y0": 0,
            "y1": 1,
            "layer": "below",
            "fillcolor": ACCENT,
            "opacity": 0.07,
            "line": {"width": 0},
        }
        for _, low, high in panel.ranges
    ]
