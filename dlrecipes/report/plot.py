"""A Plotly figure on its way into the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from dlrecipes.report.format import plot_text
from dlrecipes.report.ticks import Ticks

TEXT = "var(--text)"
MUTED = "var(--muted)"
ACCENT = "var(--accent)"
WARN = "var(--warn)"
_SERIES = 6


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


def axis_ticks(ticks: Ticks) -> dict[str, Any]:
    """Return Plotly's words for these labels."""
    return {
        "tickvals": [value for value, _ in ticks],
        "ticktext": [plot_text(text) for _, text in ticks],
    }


def series_colour(index: int) -> str:
    """Return the colour of the stage or series with this index."""
    return f"var(--series-{index % _SERIES + 1})"
