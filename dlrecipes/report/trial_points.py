"""The trials in their order, ready to be drawn."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from dlrecipes.report.format import MISSING, format_number, format_value, plot_text
from dlrecipes.report.plot import series_colour
from dlrecipes.report.score_scale import ScoreScale, fit_scale
from dlrecipes.results import Objective, StudyResult, TrialRecord

SYMBOLS = {
    "completed": "circle",
    "pruned": "circle-open",
    "unfinished": "triangle-right-open",
    "diverged": "x-thin",
    "failed": "cross",
}


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
                f"{name} = {format_value(value)}"
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
