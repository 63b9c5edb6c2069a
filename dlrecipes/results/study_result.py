"""What a search found."""

from __future__ import annotations

from dataclasses import dataclass, field

from dlrecipes.results.finding import Finding
from dlrecipes.results.hyperparameter import Hyperparameter
from dlrecipes.results.objective import Objective
from dlrecipes.results.stage_result import StageResult
from dlrecipes.results.trial_record import TrialRecord


@dataclass(frozen=True)
class StudyResult:
    """Everything that a search leaves behind.

    Args:
        objective: What was optimised.
        space: The hyperparameters as the builder declared them.
        stages: What each stage did, in the order in which they ran.
        trials: Every finished trial.
        best: The best trial of all stages.
        importances: `{hyperparameter: share}` by PED-ANOVA, shares adding to 1; empty when
            there are too few trials to tell.
        findings: What the search itself noticed, such as a best value at a range's edge.
    """

    objective: Objective
    space: tuple[Hyperparameter, ...]
    stages: tuple[StageResult, ...]
    trials: tuple[TrialRecord, ...]
    best: TrialRecord
    importances: dict[str, float] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
