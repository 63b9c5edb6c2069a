"""A Plotly figure on its way into the page, and where its axes have their labels."""

from __future__ import annotations

import base64
import functools
import gzip
import math
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from dlrecipes.report.format import plot_text

TEXT = "var(--text)"
MUTED = "var(--muted)"
ACCENT = "var(--accent)"
WARN = "var(--warn)"
_SERIES = 6
Ticks = list[tuple[float, str]]


@dataclass(frozen=True)
class Plot:
    """A figure with the words around it.

    Colours are CSS variables, such as `var(--accent)`: the page resolves them when it draws, so
    that one figure serves light, dark and print.

    Args:
        name: Its identifier in the page.
        title: What one sees, as one phrase.
        figure: The Plotly figure.
        caption: What one needs to know to read it; empty for nothing.
        width: The least width in pixels at which it can be read; a narrower page scrolls it.
    """

    name: str
    title: str
    figure: go.Figure
    caption: str = ""
    width: int = 0

    @property
    def height(self) -> int:
        """Height in pixels, reserved before it is drawn."""
        return int(self.figure.layout.height or 320)

    @property
    def json(self) -> str:
        """The figure as JSON that is safe inside a script element."""
        text = str(self.figure.to_json(validate=False))
        for character in ("<", ">", "&", "\u2028", "\u2029"):
            text = text.replace(character, f"\\u{ord(character):04x}")
        return text


def make_figure(traces: list[Any], *, height: int, **layout: Any) -> go.Figure:  # noqa: ANN401
    """Return a figure without Plotly's own theme; the page adds fonts and colours."""
    margin = layout.pop("margin", {"l": 56, "r": 12, "t": 10, "b": 44})
    return go.Figure(
        data=traces, layout={"template": {}, "height": height, "margin": margin, **layout}
    )


@functools.cache
def packed_plotly() -> str:
    """Return the installed plotly.js as base64 of gzip; the page unpacks it before it draws."""
    return base64.b64encode(gzip.compress(get_plotlyjs().encode(), 6, mtime=0)).decode("ascii")


def axis_ticks(ticks: Ticks) -> dict[str, Any]:
    """Return Plotly's words for these labels."""
    return {
        "tickvals": [value for value, _ in ticks],
        "ticktext": [plot_text(text) for _, text in ticks],
    }


def series_colour(index: int) -> str:
    """Return the colour of the stage or series with this index."""
    return f"var(--series-{index % _SERIES + 1})"


def tick_text(value: float) -> str:
    """Return a round number as short as possible: `0.001`, `1e-5`, `20,000`."""
    if value == 0:
        return "0"
    if not 1e-3 <= abs(value) < 1e6:
        mantissa, exponent = f"{value:.2e}".split("e")
        return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def linear_ticks(low: float, high: float, most: int = 6) -> Ticks:
    """Return multiples of 1, 2 or 5 times a power of ten between both ends."""
    if not high > low:
        return [(low, tick_text(low))]
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    return [
        (value, tick_text(value))
        for value in (round(i * step, digits) for i in range(first, last + 1))
    ]


def log_ticks(low: float, high: float, most: int = 6) -> Ticks:
    """Return powers of ten, with 2 and 5 or 3 between them where there is room.

    Args:
        low: Lower end, above 0.
        high: Upper end.
        most: About how many there should be.
    """
    decades = math.log10(high / low)
    if decades < 0.5:
        return linear_ticks(low, high, most)
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    step = 1
    if decades <= most / 3:
        factors: tuple[float, ...] = (1, 2, 5)
    elif decades <= most / 2:
        factors = (1, 3)
    else:
        factors, step = (1,), math.ceil(decades / most)
    values = [
        float(f"{factor}e{power}") for power in range(first, last + 1, step) for factor in factors
    ]
    slack = 1 + 1e-9
    return [(value, tick_text(value)) for value in values if low / slack <= value <= high * slack]
