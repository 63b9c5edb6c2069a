"""Pictures of lessons: SVG that can be read on light and on dark ground."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrecipes.checks import check_integer
from dlrecipes.results import written_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike

    from dlrecipes.metrics import Boxes

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


def outline_boxes(
    panel: Axes, image: ArrayLike, boxes: Boxes, colour: str, *, labelled: bool = False
) -> None:
    """Draw an image in grey and boxes upon it.

    Args:
        panel: One of the panels of `draw`.
        image: `(height, width)`.
        boxes: What is outlined.
        colour: Of the outlines.
        labelled: Whether the label of each box is written into its upper left corner.

    Example:
        >>> panel = dlr.lesson.draw().axes[0]
        >>> boxes = dlr.metrics.Boxes([[1, 1, 5, 6]], [3])
        >>> dlr.lesson.outline_boxes(panel, np.zeros((8, 8)), boxes, dlr.lesson.COLOURS[0])
    """
    from matplotlib.patches import Rectangle

    panel.imshow(image, cmap="gray")
    panel.set(xticks=[], yticks=[])
    panel.grid(visible=False)
    for (left, top, right, bottom), label in zip(boxes.corners, boxes.classes, strict=True):
        corner = (left - 0.5, top - 0.5)  # a pixel is drawn around its number
        panel.add_patch(Rectangle(corner, right - left, bottom - top, fill=False, edgecolor=colour))
        if labelled:
            x, y = (max(float(one), -0.5) for one in corner)  # within the image
            panel.text(x, y, str(label), color=colour, verticalalignment="top", fontsize=8)


def save_picture(figure: Figure, path: Path) -> Path:
    """Write a figure as SVG, the same bytes for the same figure, and return where it is.

    Args:
        figure: What `draw` has made.
        path: The file, ending in `.svg`; one that exists is replaced.
    """
    import matplotlib as mpl

    for panel in figure.axes:  # a legend takes its colours where it is made, after `draw`
        if legend := panel.get_legend():
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
        "lines.linewidth": 1.6,
        "svg.fonttype": "none",
    }
