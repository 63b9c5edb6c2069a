"""A declared penalty, and what measures its gap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dlrecipes.results import GapPenalty
from dlrecipes.training.job import Job
from dlrecipes.training.outcome import Outcome


@dataclass(frozen=True)
class Penalty:
    """A declared penalty, and what measures its gap.

    Args:
        declared: What is taken off a score.
        gap: Takes a training and its outcome, weights of the best epoch included, and returns
            the gap between groups with them; None where it cannot be measured.
    """

    declared: GapPenalty
    gap: Callable[[Job, Outcome], float | None]
