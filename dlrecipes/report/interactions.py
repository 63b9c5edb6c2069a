"""What hyperparameters explain alone, and what two explain together."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from dlrecipes.report.format import plot_text
from dlrecipes.report.plot import ACCENT, MUTED, Plot, make_figure
from dlrecipes.results import Interactions

_MOST = 6
_SMALL = 0.02


def plot_interactions(interactions: Interactions | None) -> Plot | None:
    """Return the largest shares of the scores' variance as bars; None where they are unknown.

    Args:
        interactions: What `find_interactions` found.
    """
    if interactions is None:
        return None
    pairs = [pair for pair in interactions.pairs[:_MOST] if pair.share >= _SMALL]
    alone = list(interactions.alone.items())[:_MOST]
    together = [(" × ".join(pair.names), pair.share) for pair in pairs]
    traces = [_bars("alone", alone, MUTED), _bars("two together", together, ACCENT)]
    rows = len(alone) + len(together)
    figure = make_figure(
        [trace for trace in traces if len(trace.x)],
        height=90 + 26 * rows,
        showlegend=bool(together),
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        xaxis={"tickformat": ".0%", "rangemode": "tozero"},
        yaxis={"autorange": "reversed", "automargin": True, "showgrid": False},
        bargap=0.35,
        margin={"l": 120, "r": 16, "t": 34, "b": 34},
    )
    nothing = f" No two explain {_SMALL:.0%} together: each may be tuned by itself."
    return Plot(
        "interactions",
        "What two hyperparameters explain together",
        figure,
        "Share of the variance of the scores, beyond what each explains alone, by the functional "
        f"ANOVA of a forest that learned {interactions.trials:,} trials and foretells others with "
        f"R² = {interactions.predicted:.2f}: the lower, the less of this is certain. Where two act "
        "together, the best value of one depends on the other: search both at once."
        + nothing
        * (not together),
    )


def _bars(name: str, shares: list[tuple[str, float]], colour: str) -> Any:  # noqa: ANN401
    return go.Bar(
        x=[round(share, 4) for _, share in shares],
        y=[plot_text(label) for label, _ in shares],
        orientation="h",
        name=name,
        marker={"color": colour},
        hovertemplate="%{y}: %{x:.1%}<extra></extra>",
    )
