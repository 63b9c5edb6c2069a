"""The axis on which trials are compared."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlrecipes.report.plot import axis_ticks
from dlrecipes.report.ticks import log_ticks
from dlrecipes.results import Objective

_LOG_RATIO = 20.0
_FAR = 6.0


@dataclass(frozen=True)
class ScoreScale:
    """How scores are drawn: linear or logarithmic, with a shelf for what does not fit.

    One diverged trial with a loss of 1e12 must not press all others into one line. Scores far
    worse than the median, and trials without a score, lie on a shelf at the bad end.

    Args:
        log: Whether the axis is logarithmic.
        limit: The worst score that is drawn at its place.
        shelf: Where everything worse is drawn.
        span: Both ends of the axis, lower first.
        direction: `"max"` or `"min"`.
        empty: Whether there is no score at all, so that the axis has no numbers.
    """

    log: bool
    limit: float
    shelf: float
    span: tuple[float, float]
    direction: str
    empty: bool = False

    def fits(self, score: float | None) -> bool:
        """Whether this score has its own place on the axis."""
        if score is None:
            return False
        return score >= self.limit if self.direction == "max" else score <= self.limit

    def place(self, score: float | None) -> float:
        """Return where the score is drawn."""
        return score if score is not None and self.fits(score) else self.shelf

    def axis(self, title: str) -> dict[str, Any]:
        """Return Plotly's description of the axis."""
        if self.empty:
            return {"title": {"text": "no score"}, "range": [-1, 1], "showticklabels": False}
        low, high = (math.log10(end) if self.log else end for end in self.span)
        axis: dict[str, Any] = {
            "title": {"text": title},
            "range": [low, high],
            "type": "log" if self.log else "linear",
        }
        return axis | (axis_ticks(log_ticks(*self.span)) if self.log else {})


def fit_scale(scores: Sequence[float], objective: Objective) -> ScoreScale:
    """Return the scale that suits these scores.

    Args:
        scores: Finite scores, in any order; may be empty.
        objective: What is better.
    """
    if not scores:
        return ScoreScale(False, 0.0, 0.0, (-1.0, 1.0), objective.direction, empty=True)
    values = np.asarray(scores, dtype=np.float64)
    low, high = np.quantile(values, [0.05, 0.95])
    log = bool(
        objective.direction == "min" and values.min() > 0 and high / max(low, 1e-300) > _LOG_RATIO
    )
    # Turned so that larger is better: the same lines then serve both directions.
    sign = 1.0 if objective.direction == "max" else -1.0
    turned = sign * (np.log10(values) if log else values)
    best, middle = float(turned.max()), float(np.median(turned))
    reach = best - middle or best - float(np.quantile(turned, 0.1))
    limit = max(float(turned.min()), middle - _FAR * reach) if reach else float(turned.min())
    width = best - limit or abs(best) * 0.1 or 1.0

    def back(value: float) -> float:
        return float(10.0 ** (sign * value)) if log else sign * value

    ends = sorted((back(best + 0.06 * width), back(limit - 0.16 * width)))
    # A hair beyond the limit, because log10 and back may miss the score itself.
    return ScoreScale(
        log,
        back(limit - 1e-9 * width),
        back(limit - 0.1 * width),
        (ends[0], ends[1]),
        objective.direction,
    )
