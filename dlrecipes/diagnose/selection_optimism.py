"""How much better the winner looked in the search than it is."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, stdev

from dlrecipes.results import Finding, Objective, TrialRecord, plural


def check_selection_optimism(
    best: TrialRecord, refits: Sequence[TrialRecord], objective: Objective
) -> Finding:
    """Compare the winner's validation score with that of its refits.

    The best of many trials was chosen for its score, luck included, so its score is optimistic
    (the winner's curse); the refits with other seeds were not chosen. That takes the luck of the
    seed away. The luck of these validation examples remains: only the test set tells that.

    Args:
        best: The winning trial, of which the objective itself counts, without a penalty.
        refits: The same values, trained with other seeds.
        objective: What is better.
    """
    scores = [refit.score for refit in refits if refit.score is not None]
    searched = best.plain_score
    if not scores or searched is None:
        return Finding(
            name="selection optimism",
            verdict="No refit ended with a score.",
            advice="The winner's values diverge with other seeds: narrow the learning rate.",
            severity="warning",
        )
    sign = 1.0 if objective.direction == "max" else -1.0
    optimism = sign * (searched - fmean(scores))
    spread = stdev(scores) if len(scores) > 1 else 0.0
    severe = optimism > 2 * spread and len(scores) > 1 and spread > 0
    advice = "Believe the refits more than the search, and the test set more than both."
    return Finding(
        name="selection optimism",
        verdict=f"The winner's {objective.name} was {searched:.4g} in the search; trained again "
        f"with {plural(len(scores), 'other seed')} it is {fmean(scores):.4g} ± {spread:.2g}.",
        evidence={"search": searched, "refits": fmean(scores), "spread": spread},
        advice=advice if severe else "",
        severity="warning" if severe else "info",
    )
