"""What a declared penalty cost, and what it brought."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PenalisedTrial:
    """A trial with and without the penalty.

    Args:
        stage: Its stage.
        trial: Its number there.
        score: The objective itself.
        gap: The gap between groups.
        penalised: What it was compared by.
    """

    stage: str
    trial: int
    score: float
    gap: float
    penalised: float


@dataclass(frozen=True)
class PenaltyResult:
    """What a declared penalty cost, and what it brought.

    Both trials were chosen by these very numbers, which are therefore optimistic; the refits
    were not.

    Args:
        declared: The penalty, as `GapPenalty.parse` takes it.
        rule: What trials were compared by, in words.
        sentence: What it cost and brought, as one plain sentence.
        winner: The trial that won.
        without: The trial of the same search that is best by the objective alone.
        refits: The gap of each refit of the winner, on the validation part.
    """

    declared: str
    rule: str
    sentence: str
    winner: PenalisedTrial
    without: PenalisedTrial
    refits: tuple[float, ...] = ()
