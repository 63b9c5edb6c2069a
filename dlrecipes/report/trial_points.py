"""The trials in their order, ready to be drawn, and the axis on which they are compared."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlrecipes.report.format import (
    MISSING,
    format_hyperparameter,
    format_number,
    plot_text,
)
from dlrecipes.report.plot import axis_ticks, log_ticks, series_colour
from dlrecipes.results import Objective, StudyResult, TrialRecord

SYMBOLS = {
    "completed": "circle",
    "pruned": "circle-open",
    "unfinished": "triangle-right-open",
    "diverged": "x-thin",
    "failed": "cross",
}
_LOG_RATIO = 20.0
_FAR = 6.0


@dataclass(frozen=True)
class TrialPoint:
    """One trial.

    Args:
        order: Its place among the trials of all stages, from 0. What a reader sees is the
            record's number, which begins anew in each stage.
        record: What is known of it.
        score: Its score; None where there is no finite one.
        colour: Its stage's colour.
    """

    order: int
    record: TrialRecord
    score: float | None
    colour: str

    @property
    def symbol(self) -> str:
        """Plotly's name of the marker for its status."""
        return SYMBOLS[self.record.status]

    def hover(self) -> str:
        """Return what is shown when the pointer rests on it."""
        record = self.record
        epoch = MISSING if record.best_epoch is None else str(record.best_epoch + 1)
        lines = [
            f"{record.stage} trial {record.number}, {record.status}",
            f"score {format_number(self.score)}{record.parts}, epoch {epoch} of {record.epochs}",
            *(
                f"{name} = {format_hyperparameter(value)}"
                for name, value in list(record.values.items())[:20]
            ),
        ]
        if record.error:
            lines.append(record.error[:80])
        return "<br>".join(plot_text(line) for line in lines)


@dataclass(frozen=True)
class TrialPoints:
    """All trials of a study, stage after stage.

    Args:
        points: The trials.
        stages: Names of the stages that have trials, in their order.
        winner: The best trial; None where no trial has a score.
        scale: The axis for their scores.
        objective: What is better.
    """

    points: tuple[TrialPoint, ...]
    stages: tuple[str, ...]
    winner: TrialPoint | None
    scale: ScoreScale
    objective: Objective

    @property
    def label(self) -> str:
        """What the scores are: the objective, and whether a penalty is counted."""
        penalised = any(point.record.unpenalised is not None for point in self.points)
        sign = "−" if self.objective.direction == "max" else "+"
        return self.objective.name + (f" {sign} penalty" if penalised else "")

    @property
    def scored(self) -> tuple[TrialPoint, ...]:
        """Those with a score."""
        return tuple(point for point in self.points if point.score is not None)

    @property
    def off_scale(self) -> int:
        """How many lie on the shelf."""
        return sum(not self.scale.fits(point.score) for point in self.points)

    def thin_out(self, points: tuple[TrialPoint, ...], most: int) -> tuple[TrialPoint, ...]:
        """Return at most about `most` of the points: the best tenth and evenly spaced others."""
        if len(points) <= most:
            return points
        ranked = sorted(
            (point for point in points if point.score is not None),
            key=lambda point: self._rank(point.score),
        )
        kept = {point.order for point in ranked[: most // 10]}
        spaced = np.linspace(0, len(points) - 1, most - len(kept)).astype(int)
        kept |= {points[index].order for index in spaced}
        return tuple(point for point in points if point.order in kept)

    def _rank(self, score: float | None) -> float:
        if score is None:
            return math.inf
        return -score if self.objective.direction == "max" else score


def order_trials(study: StudyResult) -> TrialPoints:
    """Return the study's trials by stage and number."""
    names = list(dict.fromkeys(stage.name for stage in study.stages))
    names += list(dict.fromkeys(r.stage for r in study.trials if r.stage not in names))
    place = {name: index for index, name in enumerate(names)}
    records = sorted(study.trials, key=lambda record: (place[record.stage], record.number))
    used = [name for name in names if any(record.stage == name for record in records)]
    points = tuple(
        TrialPoint(
            order=order,
            record=record,
            score=record.score
            if record.score is not None and math.isfinite(record.score)
            else None,
            colour=series_colour(used.index(record.stage)),
        )
        for order, record in enumerate(records)
    )
    scale = fit_scale([p.score for p in points if p.score is not None], study.objective)
    winner = next(
        (
            point
            for point in points
            if point.score is not None
            and (point.record.stage, point.record.number) == (study.best.stage, study.best.number)
        ),
        None,
    )
    return TrialPoints(points, tuple(used), winner, scale, study.objective)


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
