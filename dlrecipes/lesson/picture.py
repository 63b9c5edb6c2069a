"""Pictures of lessons: SVG that can be read on light and on dark ground."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrecipes.checks import check_integer
from dlrecipes.results import written_whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = ("#3d85c6", "#e07b39", "#38a169", "#c2569b", "#9a8a2c", "#7d6fd6", "#c94f4f", "#5f9ea0")
"""Colours that stand apart on white and on black."""

_GREY = "#808080"
_PANEL = (3.6, 2.7)  # inches


def draw(rows: int = 1, columns: int = 1, *, size: tuple[float, float] = _PANEL) -> Figure:
    """Return an empty figure of panels, whose colours can be read on light and dark ground.

    Args:
        rows: How many panels stand one below another, at least 1.
        columns: How many stand side by side, at least 1.
        size: Width and height of a panel in inches.

    Returns:
        A `matplotlib.figure.Figure`; its panels are `figure.axes`, row by row.

    Raises:
        ArgumentError: If a number of panels is no whole number of at least 1.

    Example:
        >>> figure = dlr.lesson.draw(1, 2)
        >>> left, right = figure.axes
        >>> _ = left.plot([1, 2, 3], [3, 1, 2], color=dlr.lesson.COLOURS[0])
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    check_integer("rows", rows, 1)
    check_integer("columns", columns, 1)
    with mpl.rc_context(_style()):
        figure = Figure(figsize=(columns * size[0], rows * size[1]), layout="constrained")
        figure.subplots(rows, columns)
    return figure


def save_picture(figure: Figure, path: Path) -> Path:
    """Write a figure as SVG, the same bytes for the same figure, and return where it is.

    Args:
        figure: What `draw` has made.
        path: The file, ending in `.svg`; one that exists is replaced.
    """
    import matplotlib as mpl

    for panel in figure.axes:  # a legend is made outside of the style that `draw` has set
        legend = panel.get_legend()
        if legend is not None:
            legend.set_frame_on(False)
            for text in legend.get_texts():
                text.set_color(_GREY)
    with mpl.rc_context({**_style(), "svg.hashsalt": path.stem}), written_whole(path) as partial:
        figure.savefig(partial, format="svg", transparent=True, metadata={"Date": None})
    return path


def _style() -> dict[str, Any]:
    from cycler import cycler

    greys = (
        "text.color",
        "axes.edgecolor",
        "axes.labelcolor",
        "xtick.color",
        "ytick.color",
        "grid.color",
        "legend.labelcolor",
    )
    return {
        **dict.fromkeys(greys, _GREY),
        "axes.prop_cycle": cycler(color=COLOURS),
        "axes.facecolor": "none",
        "axes.grid": True,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "figure.facecolor": "none",
        "font.size": 9,
        "grid.alpha": 0.3,
        "image.cmap": "viridis",
        "legend.frameon": False,
        "lines.linewidth": 1.6,
        "svg.fonttype": "none",
    }
