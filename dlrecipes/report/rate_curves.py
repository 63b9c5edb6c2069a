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
    ways = tuple(dict.fromkeys(way for test in tests.values() for way in test.suggestions))
    rows = tuple(
        (
            *(() if decay is None else (f"{decay:g}",)),
            *(_cell(rate) for rate in (test.suggestion, *map(test.suggestions.get, ways))),
        )
        for decay, test in tests.items()
    )
    columns = ("suggested rate", *ways)
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
    low, high = float(rates.min(initial=1.0)), float(rates.max(initial=1e-6))
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
    ways = {
        way: rate
        for way, rate in test.suggestions.items()
        if not several or rate == test.suggestion
    }
    chosen = [rate == test.suggestion for rate in ways.values()]
    heights = [
        float(np.interp(np.log(rate), np.log(test.rates), test.smoothed)) for rate in ways.values()
    ]
    return go.Scatter(
        x=list(ways.values()),
        y=heights,
        mode="markers" if several else "markers+text",
        name="suggestion" if several else "suggestions",
        showlegend=not several,
        text=[
            plot_text(f"{way}, suggested" if first else way)
            for way, first in zip(ways, chosen, strict=True)
        ],
        textposition="top right",
        marker={
            "size": [13 if first else 8 for first in chosen],
            "symbol": ["star" if first else "circle" for first in chosen],
            "color": colour,
        },
        customdata=[f"{way} of {label}: {significant(rate, 2)}" for way, rate in ways.items()],
        hovertemplate="%{customdata}<extra></extra>",
    )


def _cell(rate: float | None) -> str:
    return "-" if rate is None else significant(rate, 2)


def _shown(tests: Mapping[float | None, RangeTest]) -> list[float]:
    """Return the ends of the axis: what explodes would press all else onto a line."""
    starts = [float(np.mean(test.losses[:10])) for test in tests.values() if len(test.losses)]
    lows = [float(test.smoothed.min()) for test in tests.values() if len(test.smoothed)]
    if not starts:
        return [0.0, 1.0]
    start, low = max(starts), min(lows)
    reach = max(start - low, 0.05 * abs(start), 1e-9)
    return [low - 0.15 * reach, start + _ABOVE * 0.5 * reach]
