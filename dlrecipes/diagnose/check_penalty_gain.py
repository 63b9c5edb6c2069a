"""Does a network that is trained again keep what a penalty gained?"""

from __future__ import annotations

from statistics import fmean

from dlrecipes.results import Finding, PenaltyResult


def check_penalty_gain(result: PenaltyResult) -> Finding:
    """Compare the winner's gap in the search with the gaps of its refits.

    A gap of a few dozen examples depends on the seed, and the search chose a small one, luck
    included. Where the refits lose more than half of what the penalty took off, it is a warning.

    Args:
        result: What the penalty cost and brought.
    """
    gained = result.without.gap - result.winner.gap
    evidence: dict[str, float | int | str | list[str]] = {
        "gap in the search": result.winner.gap,
        "without the penalty": result.without.gap,
    }
    if not result.refits:
        return Finding("gap penalty", result.sentence, evidence)
    kept = result.without.gap - fmean(result.refits)
    lost = gained > 0 and kept < gained / 2
    advice = (
        "Believe the refits: their gap was not chosen. Give the builder a hyperparameter that "
        "makes groups more equal, or change the data (`reweigh_groups`)."
    )
    return Finding(
        "gap penalty",
        result.sentence,
        {**evidence, "refits": fmean(result.refits)},
        advice=advice if lost else "",
        severity="warning" if lost else "info",
    )
