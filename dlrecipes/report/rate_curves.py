"""The picture of learning-rate range tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dlrecipes.report.format import plot_text
from dlrecipes.report.page import Page, write_page
from dlrecipes.report.plot import (
    ACCENT,
    MUTED,
    Plot,
    axis_ticks,
    log_ticks,
    make_figure,
    series_colour,
    tick_text,
)
from dlrecipes.results import significant
from dlrecipes.training.range_test import RangeTest

_ABOVE = 1.5  # how much of the fall is shown above the beginning


def write_rate_curves(
    file: Path, name: str, tests: Mapping[float | None, RangeTest], sentence: str
) -> Path:
    """Write an HTML file with the curves of range tests, which loads nothing from the network.

    Args:
        file: The file to write, whole or not at all.
        name: What was tested.
        tests: A test by weight decay; under None that of the network's own.
        sentence: What they come to.

    Returns:
        The file.
    """
    decays = [decay for decay in tests if decay is not None]
    rows = tuple(
        (
            *(() if decay is None else (f"{decay:g}",)),
            "none" if test.suggestion is None else significant(test.suggestion, 2),
            ", ".join(f"{way} {significant(rate, 2)}" for way, rate in test.suggestions.items()),
            test.sentence,
        )
        for decay, test in tests.items()
    )
    columns = ("rate", "ways to read the curve", "what was found")
    page = Page(
        over=f"{name} · learning-rate range test",
        title=sentence,
        plots=(plot_rate_curves(tests),),
        columns=("weight decay", *columns) if decays else (),
        rows=rows if decays else (),
    )
    return write_page(page, file)


def plot_rate_curves(tests: Mapping[float | None, RangeTest]) -> Plot:
    """Return the losses against the rate, a curve a weight decay, suggestions marked.

    Args:
        tests: A test by weight decay; under None that of the network's own.
    """
    traces: list[Any] = []
    for at, (decay, test) in enumerate(tests.items()):
        colour = ACCENT if decay is None else series_colour(at)
        label = "loss" if decay is None else f"weight decay {decay:g}"
        if len(tests) == 1:
            traces.append(
                go.Scatter(
                    x=test.rates.tolist(),
                    y=test.losses.tolist(),
                    mode="markers",
                    name="a mini-batch",
                    marker={"size": 4, "color": MUTED},
                    opacity=0.6,
                    hoverinfo="skip",
                )
            )
        traces.append(
            _line(
                test.rates, test.smoothed, label, colour, "rate %{x:.2g}: %{y:.4g}<extra></extra>"
            )
        )
        if len(tests) == 1 and len(test.control):
            control = test.control[: len(test.rates)]
            dashed = _line(test.rates[: len(control)], control, "targets of other examples", MUTED)
            dashed.line["dash"] = "dot"
            traces.append(dashed)
        traces.append(_marks(test, label, colour, several=len(tests) > 1))
    rates = np.concatenate([test.rates for test in tests.values()])
    low, high = float(rates.min()), float(rates.max())
    figure = make_figure(
        traces,
        height=420,
        xaxis={
            "title": {"text": "learning rate"},
            "type": "log",
            **axis_ticks(log_ticks(low, max(high, 2 * low), 9)),
        },
        yaxis={"title": {"text": "training loss"}, "range": _shown(tests)},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        margin={"l": 60, "r": 12, "t": 40, "b": 44},
        hovermode="closest",
    )
    return Plot("rates", "Loss while the learning rate rises", figure, "Each step has one rate.")


def _line(
    x: np.ndarray, y: np.ndarray, name: str, colour: str, hover: str | None = None
) -> go.Scatter:
    return go.Scatter(
        x=x.tolist(),
        y=y.tolist(),
        mode="lines",
        name=plot_text(name),
        line={"width": 2, "color": colour},
        hovertemplate=hover,
    )


def _marks(test: RangeTest, label: str, colour: str, *, several: bool) -> go.Scatter:
    """Return the suggested rates as points of the curve; of several curves only those chosen."""
    chosen = {} if test.suggestion is None else {"suggestion": test.suggestion}
    ways = chosen if several else {**test.suggestions, **chosen}
    heights = np.interp(np.log(list(ways.values()) or [1.0]), np.log(test.rates), test.smoothed)
    return go.Scatter(
        x=list(ways.values()),
        y=heights.tolist()[: len(ways)],
        mode="markers" if several else "markers+text",
        name="suggestion" if several else "suggestions",
        showlegend=not several,
        text=["" if way == "suggestion" else plot_text(way) for way in ways],
        textposition="top right",
        marker={
            "size": [13 if way == "suggestion" else 8 for way in ways],
            "symbol": ["star" if way == "suggestion" else "circle" for way in ways],
            "color": colour,
        },
        customdata=[
            f"{way} of {label}: {tick_text(float(f'{rate:.2g}'))}" for way, rate in ways.items()
        ],
        hovertemplate="%{customdata}<extra></extra>",
    )


def _shown(tests: Mapping[float | None, RangeTest]) -> list[float]:
    """Return the ends of the axis: what explodes would press all else onto a line."""
    starts = [float(np.mean(test.losses[:10])) for test in tests.values() if len(test.losses)]
    lows = [float(test.smoothed.min()) for test in tests.values() if len(test.smoothed)]
    if not starts:
        return [0.0, 1.0]
    start, low = max(starts), min(lows)
    reach = max(start - low, 0.05 * abs(start), 1e-9)
    return [low - 0.15 * reach, start + _ABOVE * 0.5 * reach]
