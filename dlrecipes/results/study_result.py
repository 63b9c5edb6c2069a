"""What a search found: of each trial, of each stage, of the whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from dlrecipes.results.finding import Finding
from dlrecipes.results.objective import Objective
from dlrecipes.results.plan import Hyperparameter, Value

Status = Literal["completed", "pruned", "diverged", "failed", "unfinished"]
History = dict[str, list[float | None]]


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
        interactions: What two hyperparameters explain together; None where it cannot be told.
    """

    objective: Objective
    space: tuple[Hyperparameter, ...]
    stages: tuple[StageResult, ...]
    trials: tuple[TrialRecord, ...]
    best: TrialRecord
    importances: dict[str, float] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    interactions: Interactions | None = None


@dataclass(frozen=True)
class Interaction:
    """What two hyperparameters explain together.

    Args:
        names: The two.
        share: Share of the scores' variance, what each explains alone left out.
    """

    names: tuple[str, str]
    share: float


@dataclass(frozen=True)
class Interactions:
    """How the variance of the scores is shared out, by the functional ANOVA of a forest.

    Args:
        pairs: The share of each two hyperparameters, largest first.
        alone: `{hyperparameter: share}` that each explains alone, largest first; what is missing
            to 1 belongs to the pairs, and to three or more together.
        predicted: R² of the forest's predictions for trials that it had not seen, at most 1.
        trials: From how many trials it learned.
    """

    pairs: tuple[Interaction, ...]
    alone: dict[str, float]
    predicted: float
    trials: int


@dataclass(frozen=True)
class TrialCounts:
    """How the trials of a stage ended."""

    completed: int = 0
    pruned: int = 0
    diverged: int = 0
    failed: int = 0
    unfinished: int = 0


@dataclass(frozen=True)
class StageResult:
    """One stage, or one widening of it.

    Args:
        name: Its name, for example `"coarse"`.
        trials: How its trials ended.
        seconds: Sum of its trials' wall-clock seconds.
        ranges: `{hyperparameter: [low, high]}` that were searched, numeric ones only.
        best: `{"number", "score", "epoch"}` of its best trial; empty if none had a score.
        values: The best trial's values.
        epochs: Epochs trained in all its trials together.
    """

    name: str
    trials: TrialCounts
    seconds: float
    ranges: dict[str, tuple[float, float]]
    best: dict[str, float]
    values: dict[str, Value]
    epochs: int


@dataclass(frozen=True)
class TrialRecord:
    """One trial, finished unless its status says otherwise.

    Args:
        stage: Name of the study it belongs to, for example `"coarse"` or `"coarse-widened-1"`.
        number: Its number in that study, from 0.
        values: The hyperparameters' values, active ones only.
        status: `"completed"`, `"pruned"` (stopped for being worse), `"diverged"` (NaN or
            infinity), `"failed"` (an exception, out of memory) or `"unfinished"` (under way when
            the time was up; a resumed run trains it again).
        score: What the trial is compared by: the objective at the best epoch, less a declared
            penalty; None where no epoch gave a finite one.
        best_epoch: That epoch, from 0.
        epochs: Epochs that were trained.
        history: `{metric: value after each epoch}`; None stands for NaN and infinity. Of an
            unfinished trial, the objective's best so far after each epoch.
        seconds: Time it took; of what trials side by side share, its share.
        seed: Seed of its initial weights, shuffling and masks, unless the trials of its study
            share those (in a population; a resident search shares the initial weights only).
        policy: The dtype policy that actually ran.
        engine: The engine that trained it.
        parameters: Number of weights of the model.
        error: The exception's message, if it failed.
        fold_scores: The score of each fold, where `score` is the mean over folds; its epochs
            and curves are then means, too, on the rows kept for early stopping.
        unpenalised: The objective itself, where a penalty was declared; else None.
        gap: The gap between groups that the penalty is for, at the best epoch.
    """

    stage: str
    number: int
    values: dict[str, Value]
    status: Status
    score: float | None = None
    best_epoch: int | None = None
    epochs: int = 0
    history: History = field(default_factory=dict)
    seconds: float = 0.0
    seed: int = 0
    policy: str = ""
    engine: str = ""
    parameters: int = 0
    error: str = ""
    fold_scores: tuple[float, ...] = ()
    unpenalised: float | None = None
    gap: float | None = None

    @property
    def plain_score(self) -> float | None:
        """The objective itself, whatever penalty `score` counts."""
        return self.score if self.unpenalised is None else self.unpenalised

    @property
    def parts(self) -> str:
        """What a penalised score is made of, in brackets; empty without a penalty."""
        if self.unpenalised is None or self.gap is None:
            return ""
        return f" ({self.unpenalised:.4f} with a gap of {self.gap:.4f})"
