"""The trials of a study that an ensemble is made of."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from dlrecipes.results import Plan, Stage, StudyResult, TrialRecord
from dlrecipes.search.ranges import rank
from dlrecipes.search.refit import refit_stage


def ensemble_trials(study: StudyResult, members: int) -> tuple[TrialRecord, ...]:
    """Return the best trials with different hyperparameters, the winner first.

    A later stage tries the best of an earlier one again; such a pair counts once.

    Args:
        study: The search.
        members: How many trials at most.
    """
    chosen: list[TrialRecord] = []
    for trial in rank(study.trials, study.objective):
        if len(chosen) < members and all(trial.values != one.values for one in chosen):
            chosen.append(trial)
    return tuple(chosen)


def ensemble_stage(plan: Plan, trials: Sequence[TrialRecord]) -> Stage:
    """Return the stage that trains these trials again; other trials make another stage.

    Args:
        plan: Its epochs are those of the refits.
        trials: The trials, at least one.
    """
    names = " ".join(f"{one.stage}-{one.number}" for one in trials)
    digest = hashlib.sha256(names.encode()).hexdigest()[:8]
    return replace(
        refit_stage(plan, trials[0]), name=f"refit-ensemble-{digest}", trials=len(trials)
    )
