"""The picture that belongs to a finding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import plotly.graph_objects as go

from dlrecipes.metrics import metric_words
from dlrecipes.report.format import format_number, plot_text
from dlrecipes.report.plot import ACCENT, MUTED, WARN, Plot, make_figure
from dlrecipes.results import Finding, FitResult

_WORDS = {
    "accuracy": "share of wrong answers",
    "skill": "share of the base loss that is left",
    "pr_auc": "what average precision lacks to 1",
}


def picture(
    finding: Finding, at: int, fit: FitResult | None, panels: Mapping[str, Plot]
) -> Plot | None:
    """Return the picture of a finding; None where it has none.

    Args:
        finding: The finding.
        at: Its number on the page.
        fit: How well the exported refit fits; None if that is not known.
        panels: Each hyperparameter against the score, by its name.
    """
    name = f"finding-{at}"
    if finding.name == "bias and variance" and fit is not None and fit.errors is not None:
        return replace(plot_errors(fit), name=name)
    if finding.name == "calibration" and "said" in finding.evidence:
        return replace(plot_reliability(finding), name=name)
    about = finding.action.hyperparameter if finding.action else None
    about = about or str(finding.evidence.get("hyperparameter", ""))
    if about in panels:
        return replace(panels[about], name=name)
    return None


def plot_errors(fit: FitResult) -> Plot:
    """Return the errors of both parts beside what can be reached and what knows nothing.

    Args:
        fit: With its errors.
    """
    errors = fit.errors
    assert errors is not None  # noqa: S101  (the caller's promise)
    who = errors.reference_name.strip(", ").removeprefix("the best baseline, ")
    bars = [
        ("validation part", errors.validation, WARN if errors.high_variance else ACCENT),
        ("training part", errors.train, WARN if errors.high_bias else ACCENT),
        (who or "perfect", errors.reference, MUTED),
    ]
    words = plot_text(_WORDS.get(fit.metric, metric_words(fit.metric)))
    bars = [("knowing nothing", errors.scale, MUTED), *bars]
    figure = make_figure(
        [
            go.Bar(
                x=[value for _, value, _ in bars],
                y=[plot_text(name) for name, _, _ in bars],
                orientation="h",
                marker={"color": [colour for _, _, colour in bars]},
                text=[format_number(value) for _, value, _ in bars],
                textposition="auto",
                hoverinfo="skip",
            )
        ],
        height=200,
        showlegend=False,
        margin={"l": 150, "r": 12, "t": 6, "b": 34},
        xaxis={
            "rangemode": "tozero",
            "title": {"text": words},
        },
        yaxis={"automargin": True},
    )
    return Plot("errors-of-parts", "Error of the exported network, not training", figure)


def plot_reliability(finding: Finding) -> Plot:
    """Return how often probabilities come true, over what they say.

    Args:
        finding: Of `check_calibration`.
    """
    said, true, low, high = (
        [float(share) for share in _listed(finding, name)]
        for name in ("said", "came true", "at least", "at most")
    )
    figure = make_figure(
        [
            go.Scatter(
                x=[0, 1],
                y=[0, 1],
                mode="lines",
                line={"color": MUTED, "width": 1.2, "dash": "dash"},
                hoverinfo="skip",
            ),
            go.Scatter(
                x=said,
                y=true,
                mode="lines+markers",
                line={"color": ACCENT},
                error_y={
                    "type": "data",
                    "symmetric": False,
                    "array": [end - share for share, end in zip(true, high, strict=True)],
                    "arrayminus": [share - end for share, end in zip(true, low, strict=True)],
                    "color": ACCENT,
                    "thickness": 1,
                },
                hovertemplate="said %{x:.3f}, came true %{y:.3f}<extra></extra>",
            ),
        ],
        height=300,
        showlegend=False,
        xaxis={"title": {"text": "probability"}},
        yaxis={"title": {"text": "share that came true"}},
    )
    return Plot(
        "reliability",
        "What probabilities say, and how often they come true",
        figure,
        "Bins have as many validation examples each; bars are 95 % intervals; dashed: as said.",
    )


def _listed(finding: Finding, name: str) -> list[str]:
    found = finding.evidence[name]
    return found if isinstance(found, list) else []
