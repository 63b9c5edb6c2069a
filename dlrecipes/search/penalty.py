"""A declared penalty, and what measures its gap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dlrecipes.results import GapPenalty
from dlrecipes.training.outcome import Outcome


@dataclass(frozen=True)
class Penalty:
    """A declared penalty, and what measures its gap.

    Args:
        declared: What is taken off a score.
        gap: Takes an outcome, the best epoch's predictions included, and returns the gap between
            groups by them; None where it cannot be measured.
    """

    declared: GapPenalty
    gap: Callable[[Outcome], float | None]
