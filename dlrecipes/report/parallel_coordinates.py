"""All hyperparameters of the trials side by side."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from dlrecipes.report.format import MISSING, format_value, plot_text
from dlrecipes.report.hyperparameters import searched
from dlrecipes.report.plot import Plot, make_figure
from dlrecipes.report.ticks import linear_ticks, log_ticks
from dlrecipes.report.trial_points import TrialPoint, TrialPoints
from dlrecipes.results import Hyperparameter, StudyResult

_MOST_LINES = 600
_MOST_AXES = 11
_INACTIVE = 0.12


@dataclass(frozen=True)
class Axis:
    """One vertical axis.

    Args:
        label: Its name.
        positions: Where each line crosses it.
        ticks: `(position, text)` of its tick labels.
        span: Both ends.
    """

    label: str
    positions: NDArray[np.float64]
    ticks: tuple[tuple[float, str], ...]
    span: tuple[float, float]


def coordinate_axes(
    study: StudyResult, trials: TrialPoints, points: tuple[TrialPoint, ...]
) -> tuple[Axis, ...]:
    """Return the axes of the most important hyperparameters, and the score's as the last."""
    axes = []
    for hyperparameter in searched(study)[:_MOST_AXES]:
        if any(_active(hyperparameter, point) for point in points):
            make = _numeric_axis if hyperparameter.numeric else _categorical_axis
            axes.append(make(hyperparameter, points))
    return (*axes, _score_axis(trials, points)) if axes else ()


def plot_parallel_coordinates(study: StudyResult, trials: TrialPoints) -> Plot | None:
    """Return the plot; None with fewer than two trials or without hyperparameters."""
    scored = tuple(point for point in trials.scored if trials.scale.fits(point.score))
    points = trials.thin_out(scored, _MOST_LINES)
    axes = coordinate_axes(study, trials, points)
    if len(points) < 2 or not axes:
        return None
    # Drawn from worst to best, so that the best lines lie on top.
    quality = axes[-1].positions * (1 if study.objective.direction == "max" else -1)
    order = np.argsort(quality, kind="stable")
    ranks = np.arange(len(order)) / (len(order) - 1)
    level = all(len(axis.label) < 100 // len(axes) for axis in axes)
    trace = go.Parcoords(
        dimensions=[_dimension(axis, order) for axis in axes],
        line={
            "color": ranks**2,
            "cmin": 0,
            "cmax": 1,
            "colorscale": "Greys",
            "showscale": False,
        },
        labelangle=0 if level else -20,
        labelside="top",
    )
    figure = make_figure(
        [trace], height=430, margin={"l": 56, "r": 64, "t": 56 if level else 100, "b": 20}
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
        "One line a trial, the better the stronger its colour. Drag along an axis to pick out "
        f"trials, click to release them.{inactive}{note}",
    )


def _dimension(axis: Axis, order: NDArray[np.int64]) -> dict[str, Any]:
    return {
        "label": plot_text(axis.label),
        "values": axis.positions[order],
        "tickvals": [position for position, _ in axis.ticks],
        "ticktext": [plot_text(text) for _, text in axis.ticks],
        "range": list(axis.span),
    }


def _active(hyperparameter: Hyperparameter, point: TrialPoint) -> bool:
    return point.record.values.get(hyperparameter.name) is not None


def _numeric_axis(hyperparameter: Hyperparameter, points: tuple[TrialPoint, ...]) -> Axis:
    raw = np.array(
        [
            float(point.record.values[hyperparameter.name] or 0)
            if _active(hyperparameter, point)
            else np.nan
            for point in points
        ]
    )
    log = hyperparameter.log and bool(np.nanmin(raw) > 0)
    positions = np.log10(raw) if log else raw
    low, high = float(np.nanmin(positions)), float(np.nanmax(positions))
    if low == high:
        low, high = low - 0.5, high + 0.5
    return _with_inactive(hyperparameter.name, positions, _ticks(low, high, log), (low, high))


def _ticks(low: float, high: float, log: bool) -> list[tuple[float, str]]:
    """Return ticks between two positions, which are logarithms if `log`."""
    if not log:
        return linear_ticks(low, high)
    return [(math.log10(value), text) for value, text in log_ticks(10**low, 10**high)]


def _categorical_axis(hyperparameter: Hyperparameter, points: tuple[TrialPoint, ...]) -> Axis:
    name = hyperparameter.name
    found = [point.record.values[name] for point in points if _active(hyperparameter, point)]
    place = {
        choice: index
        for index, choice in enumerate(dict.fromkeys((*hyperparameter.choices, *found)))
    }
    positions = np.array(
        [
            float(place[point.record.values[name]]) if _active(hyperparameter, point) else np.nan
            for point in points
        ]
    )
    ticks = [(float(index), format_value(choice)[:14]) for choice, index in place.items()]
    return _with_inactive(name, positions, ticks, (-0.3, len(place) - 0.7))


def _with_inactive(
    label: str,
    positions: NDArray[np.float64],
    ticks: list[tuple[float, str]],
    span: tuple[float, float],
) -> Axis:
    """Put the trials in which a hyperparameter is not active below its axis."""
    if np.isnan(positions).any():
        bottom = span[0] - _INACTIVE * (span[1] - span[0])
        positions = np.where(np.isnan(positions), bottom, positions)
        ticks = [(bottom, MISSING), *ticks]
        span = (bottom, span[1])
    return Axis(label, positions, tuple(ticks), span)


def _score_axis(trials: TrialPoints, points: tuple[TrialPoint, ...]) -> Axis:
    raw = np.array([point.score for point in points], dtype=np.float64)
    positions = np.log10(raw) if trials.scale.log else raw
    low, high = float(positions.min()), float(positions.max())
    if low == high:
        low, high = low - 0.5, high + 0.5
    ticks = tuple(_ticks(low, high, trials.scale.log))
    return Axis(trials.label, positions, ticks, (low, high))
