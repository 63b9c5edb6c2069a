"""A lesson: a claim of a lecture, and what is measured of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Cell = str | int | float | None


@dataclass(frozen=True)
class Measured:
    """What a lesson has measured.

    Args:
        columns: The heads of its table.
        rows: The rows of its table; a number is printed with three digits.
        figures: What the lesson states, by name.
        seen: What was seen here, in a sentence or two.
        picture: Drawn with `dlr.lesson.draw`.
        differs: Where it differs from what the lecture says, and why; empty where it does not.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    figures: Mapping[str, float]
    seen: str
    picture: Figure
    differs: str = ""


@dataclass(frozen=True)
class Lesson:
    """A claim of a lecture, and how it is measured.

    Args:
        name: Its name, that of its file without `.py`.
        lecture: The lecture, or several: `"S2"` or `"S2, S4"`.
        title: The idea in a few words.
        claim: What the lecture says, in words of one's own.
        advice: What follows for whoever trains a network, in a sentence or two.
        run: `run(full=False) -> Measured`; with `full` the longer form, where there is one.
        holds: Between which bounds the short form's figures lie: `{figure: (low, high)}`.
        rows: The lines of the table of the lectures that it answers.
        seconds: How long the short form takes on two CPU cores.
        full_minutes: How long the longer form takes; 0 where there is none.

    Example:
        >>> lesson = dlr.lesson.load_lesson("convolution")
        >>> lesson.lecture, lesson.seconds < 60
        ('S2', True)
    """

    name: str
    lecture: str
    title: str
    claim: str
    advice: str
    run: Callable[..., Measured]
    holds: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    rows: tuple[str, ...] = ()
    seconds: float = 0.0
    full_minutes: float = 0.0

    def missed(self, measured: Measured) -> tuple[str, ...]:
        """Return in words which of the figures of the short form do not hold.

        Args:
            measured: What the short form gave.
        """
        lines = []
        for name, (low, high) in self.holds.items():
            value = measured.figures.get(name, math.nan)
            if not low <= value <= high:
                lines.append(f"{name} is {value:.4g}, held between {low:g} and {high:g}")
        return tuple(lines)
