"""A declared penalty: did it change the winner, at what cost, and does a refit keep the gain?"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, stdev

from dlrecipes.results import (
    Finding,
    GapPenalty,
    PenalisedTrial,
    PenaltyResult,
    StudyResult,
    TrialRecord,
)


def weigh_penalty(
    study: StudyResult, declared: GapPenalty, refits: Sequence[float] = ()
) -> PenaltyResult:
    """Compare the winner with the trial that would have won without the penalty.

    Both are trials of the same search, which went where the penalty led it: a search without
    one may have found a better trial still.

    Args:
        study: The search.
        declared: Its penalty.
        refits: The gap of each refit of the winner.
    """
    goal, sign = study.objective, 1.0 if study.objective.direction == "max" else -1.0
    scored = [trial for trial in study.trials if trial.gap is not None]
    # Of equals the winner, then the one that was first.
    best = max(scored, key=lambda trial: (sign * (trial.plain_score or 0.0), trial == study.best))
    winner, without = _trial(study.best), _trial(best)
    if (winner.stage, winner.trial) == (without.stage, without.trial):
        sentence = (
            f"The penalty changed nothing: the trial with the best {goal.name}, "
            f"{winner.score:.4g} with a gap of {winner.gap:.4g}, won with it, too."
        )
    else:
        sentence = (
            f"The penalty cost {abs(without.score - winner.score):.2g} of {goal.name} and took "
            f"{without.gap - winner.gap:.2g} off the gap: the winner has {winner.score:.4g} with a "
            f"gap of {winner.gap:.4g}, the best trial without the penalty {without.score:.4g} with "
            f"{without.gap:.4g}."
        )
    if refits:
        spread = f" ± {stdev(refits):.2g}" if len(refits) > 1 else ""
        sentence += f" Trained again, the winner has a gap of {fmean(refits):.4g}{spread}."
    rule = f"Trials were compared by {declared.words(goal.name, goal.direction)}."
    return PenaltyResult(str(declared), rule, sentence, winner, without, tuple(refits))


def _trial(record: TrialRecord) -> PenalisedTrial:
    return PenalisedTrial(
        record.stage,
        record.number,
        record.plain_score or 0.0,
        record.gap or 0.0,
        record.score or 0.0,
    )


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
