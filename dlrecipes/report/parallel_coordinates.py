"""All hyperparameters of the trials side by side."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from dlrecipes.report.format import (
    MISSING,
    format_hyperparameter,
    format_number,
    plot_text,
)
from dlrecipes.report.hyperparameters import has_value, searched
from dlrecipes.report.plot import (
    ACCENT,
    MUTED,
    TEXT,
    Plot,
    linear_ticks,
    log_ticks,
    make_figure,
    tick_text,
)
from dlrecipes.report.trial_points import TrialPoint, TrialPoints
from dlrecipes.results import Hyperparameter, StudyResult
from dlrecipes.search.ranges import with_ranges

_MOST_LINES = 300
_MOST_AXES = 11
_INACTIVE = 0.12
_APART = 0.09
_AXIS_WIDTH = 84
_CHARACTERS = 13


@dataclass(frozen=True)
class Axis:
    """One vertical axis.

    Args:
        label: Its name.
        places: Where each line crosses it, 0 at the bottom to 1 at the top, `(lines,)`.
        ticks: `(place, text)` of its tick labels, both ends of the axis among them.
        scale: What one needs to know of its scale, for example `"log"`.
    """

    label: str
    places: NDArray[np.float64]
    ticks: tuple[tuple[float, str], ...]
    scale: str = ""


def coordinate_axes(
    study: StudyResult, trials: TrialPoints, points: tuple[TrialPoint, ...]
) -> tuple[Axis, ...]:
    """Return the axes of the most important hyperparameters, and the score's as the last.

    An axis of numbers reaches over all that was searched, so that it shows where nothing good
    was found, too.
    """
    axes = []
    for hyperparameter in searched(study)[:_MOST_AXES]:
        if not any(has_value(hyperparameter, point) for point in points):
            continue
        if hyperparameter.numeric:
            axes.append(_numeric_axis(hyperparameter, study, points))
        else:
            axes.append(_categorical_axis(hyperparameter, points))
    return (*axes, _score_axis(trials, points)) if axes else ()


def plot_parallel_coordinates(study: StudyResult, trials: TrialPoints) -> Plot | None:
    """Return the plot; None with fewer than two trials or without hyperparameters."""
    scored = tuple(point for point in trials.scored if trials.scale.fits(point.score))
    points = trials.thin_out(scored, _MOST_LINES)
    axes = coordinate_axes(study, trials, points)
    if len(points) < 2 or not axes:
        return None
    # Drawn from worst to best, so that the best lines lie on top.
    quality = axes[-1].places * (1 if study.objective.direction == "max" else -1)
    order = np.argsort(quality, kind="stable")
    lines = [
        _line(axes, int(index), points[index], rank / (len(order) - 1))
        for rank, index in enumerate(order)
    ]
    names = [_wrapped(axis.label) for axis in axes]
    deepest = max(len(name) for name in names)
    figure = make_figure(
        lines,
        height=400 + 16 * deepest,
        showlegend=False,
        hovermode="closest",
        xaxis={"range": [-0.35, len(axes) - 0.65], "visible": False, "fixedrange": True},
        yaxis={"range": [-0.03, 1.03], "visible": False, "fixedrange": True},
        shapes=[_upright(at) for at in range(len(axes))],
        annotations=[
            *(_name(at, name, axes[at].scale) for at, name in enumerate(names)),
            *(_tick(at, place, text) for at, axis in enumerate(axes) for place, text in axis.ticks),
        ],
        margin={"l": 36, "r": 24, "t": 40 + 16 * deepest, "b": 16},
    )
    figure.layout.meta = {"parallel": True}
    note = (
        f" {len(points):,} of {len(scored):,} trials are drawn."
        if len(points) < len(scored)
        else ""
    )
    missing = any(text == MISSING for axis in axes for _, text in axis.ticks)
    inactive = f" {MISSING} means not active." if missing else ""
    return Plot(
        "parallel-coordinates",
        "What the good trials have in common",
        figure,
        "One line a trial, the better the stronger. Drag a box across an axis to pick out trials "
        f"(another one with Shift), double-click to release them.{inactive}{note}",
        width=_AXIS_WIDTH * len(axes) + 60,
    )


def _line(axes: tuple[Axis, ...], index: int, point: TrialPoint, rank: float) -> go.Scatter:
    """Return the line of one trial; `rank` is 0 for the worst and 1 for the best."""
    return go.Scatter(
        x=list(range(len(axes))),
        y=[round(float(axis.places[index]), 4) for axis in axes],
        # Plotly picks out markers only: those at the axes are there for it, and unseen.
        mode="lines+markers",
        marker={"size": 6, "opacity": 0},
        line={"color": ACCENT if rank >= 0.5 else MUTED, "width": round(1 + 1.6 * rank**4, 2)},
        opacity=round(0.25 + 0.75 * rank**3, 3),
        text=point.hover(),
        hoverinfo="text",
    )


def _upright(at: int) -> dict[str, Any]:
    return {
        "type": "line",
        "x0": at,
        "x1": at,
        "y0": 0,
        "y1": 1,
        "layer": "below",
        "line": {"color": MUTED, "width": 1},
    }


def _name(at: int, lines: list[str], scale: str) -> dict[str, Any]:
    text = "<br>".join(plot_text(line) for line in lines)
    return {
        "x": at,
        "y": 1,
        "yshift": 12,
        "yanchor": "bottom",
        "showarrow": False,
        "text": text + f"<br><i>{scale}</i>" * bool(scale),
        "font": {"color": TEXT, "size": 12},
    }


def _tick(at: int, place: float, text: str) -> dict[str, Any]:
    return {
        "x": at,
        "y": place,
        "xanchor": "right",
        "xshift": -3,
        "showarrow": False,
        "text": plot_text(text),
        "font": {"color": TEXT, "size": 11},
        "bgcolor": "var(--page)",
        "borderpad": 1,
        "opacity": 0.85,
    }


def _wrapped(label: str) -> list[str]:
    """Return a name in lines that fit over its axis, cut after its words where possible."""
    lines = [""]
    for word in re.findall(r"[^_\s./-]+[_\s./-]*|[_\s./-]+", label):
        if lines[-1] and len(lines[-1] + word.rstrip()) > _CHARACTERS:
            lines.append("")
        lines[-1] += word
    cut = [line[at : at + _CHARACTERS] for line in lines for at in range(0, len(line), _CHARACTERS)]
    return cut if len(cut) <= 4 else [*cut[:3], cut[3][: _CHARACTERS - 1] + "…"]


def _numeric_axis(
    hyperparameter: Hyperparameter, study: StudyResult, points: tuple[TrialPoint, ...]
) -> Axis:
    name = hyperparameter.name
    values = np.array(
        [
            float(point.record.values[name] or 0) if has_value(hyperparameter, point) else np.nan
            for point in points
        ]
    )
    # Widened ranges are those of the stages; with several scopes, of all of them together.
    declared = [one for one in with_ranges(study.space) if one.name == name]
    alone = all(hyperparameter.same_values(one) for one in declared)
    ends = [hyperparameter.low, hyperparameter.high]
    ends += [end for stage in study.stages for end in stage.ranges.get(name, ()) if alone]
    ends += [float(np.nanmin(values)), float(np.nanmax(values))]
    span = min(ends), max(ends)
    if hyperparameter.mirror is not None:
        return _mirrored_axis(hyperparameter, values, span)
    log = hyperparameter.log and span[0] > 0
    return _with_inactive(name, _places(values, span, log), _ticks(span, log), "log" if log else "")


def _mirrored_axis(
    hyperparameter: Hyperparameter, values: NDArray[np.float64], span: tuple[float, float]
) -> Axis:
    """Return the axis of a reversed log scale: that of the mirrored numbers, upside down."""
    mirrored = hyperparameter.mirrored(span[1]), hyperparameter.mirrored(span[0])
    numbers = np.array([hyperparameter.mirrored(value) for value in values])
    ticks = [
        (1 - place, tick_text(hyperparameter.mirrored(number)))
        for place, number in _tick_numbers(mirrored, log=True)
    ]
    places = 1 - _places(numbers, mirrored, log=True)
    return _with_inactive(hyperparameter.name, places, ticks[::-1], "reversed log")


def _places(
    values: NDArray[np.float64], span: tuple[float, float], log: bool
) -> NDArray[np.float64]:
    """Return where values lie between both ends of an axis, from 0 to 1."""
    low, high = (math.log10(end) if log else end for end in span)
    if not high > low:
        return np.where(np.isnan(values), np.nan, 0.5)
    places: NDArray[np.float64] = ((np.log10(values) if log else values) - low) / (high - low)
    return places


def _ticks(span: tuple[float, float], log: bool) -> list[tuple[float, str]]:
    return [(place, tick_text(number)) for place, number in _tick_numbers(span, log)]


def _tick_numbers(span: tuple[float, float], log: bool) -> list[tuple[float, float]]:
    """Return both ends and the round numbers between them that keep clear of the ends."""
    low, high = span
    if not high > low:
        return [(0.5, low)]
    round_ones = [number for number, _ in (log_ticks if log else linear_ticks)(low, high)]
    where = _places(np.array(round_ones, dtype=np.float64), span, log)
    inner = [
        (float(place), number)
        for place, number in zip(where, round_ones, strict=True)
        if _APART < place < 1 - _APART
    ]
    return [(0.0, low), *inner, (1.0, high)]


def _categorical_axis(hyperparameter: Hyperparameter, points: tuple[TrialPoint, ...]) -> Axis:
    name = hyperparameter.name
    found = [point.record.values[name] for point in points if has_value(hyperparameter, point)]
    choices = list(dict.fromkeys((*hyperparameter.choices, *found)))
    step = 1 / max(len(choices), 1)
    place = {choice: (index + 0.5) * step for index, choice in enumerate(choices)}
    places = np.array(
        [
            place[point.record.values[name]] if has_value(hyperparameter, point) else np.nan
            for point in points
        ]
    )
    every = math.ceil(_APART / 2 / step)
    ticks = [(place[choice], _short(format_hyperparameter(choice))) for choice in choices[::every]]
    return _with_inactive(name, places, ticks)


def _short(text: str) -> str:
    return text if len(text) <= _CHARACTERS else text[: _CHARACTERS - 1] + "…"


def _with_inactive(
    label: str, places: NDArray[np.float64], ticks: list[tuple[float, str]], scale: str = ""
) -> Axis:
    """Put the trials in which a hyperparameter is not active at the bottom, below its range."""
    if np.isnan(places).any():
        places = np.where(np.isnan(places), 0.0, _INACTIVE + (1 - _INACTIVE) * places)
        raised = [(_INACTIVE + (1 - _INACTIVE) * place, text) for place, text in ticks]
        ticks = [(0.0, MISSING), *raised]
    return Axis(label, places, tuple(ticks), scale)


def _score_axis(trials: TrialPoints, points: tuple[TrialPoint, ...]) -> Axis:
    scores = np.array([point.score for point in points], dtype=np.float64)
    span, log = (float(scores.min()), float(scores.max())), trials.scale.log
    places = _places(scores, span, log)
    ticks = _ticks(span, log)
    if span[1] > span[0]:
        ticks = [(0.0, format_number(span[0])), *ticks[1:-1], (1.0, format_number(span[1]))]
    better = "higher" if trials.objective.direction == "max" else "lower"
    return Axis(trials.label, places, tuple(ticks), f"{better} is better")
