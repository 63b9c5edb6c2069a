"""What is known of one trial."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from dlrecipes.results.plan_change import Value

Status = Literal["completed", "pruned", "diverged", "failed", "unfinished"]
History = dict[str, list[float | None]]


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
