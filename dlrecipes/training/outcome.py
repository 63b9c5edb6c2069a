"""How one training ended."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dlrecipes.results import History
from dlrecipes.results.trial_record import Status


@dataclass(frozen=True)
class Outcome:
    """How one training ended.

    Args:
        status: `"completed"`, `"pruned"`, `"diverged"` or `"failed"`.
        score: The objective at the best epoch; None if no epoch gave a finite one.
        best_epoch: That epoch, from 0.
        history: `{metric: value after each epoch}`, as Keras logged them.
        seconds: Time it took; of what trials side by side share, its share.
        policy: The dtype policy that actually ran.
        parameters: Number of weights.
        error: Why it failed.
        engine: The engine that really trained it; empty for the one that was asked.
        fold_scores: The score of each fold, where `score` is their mean.
        weights: The best epoch's weights in the order of `model.get_weights()`, if asked for.
        predictions: What the best epoch's network predicts for the validation part, if asked for:
            probabilities `(examples, classes)` or values `(examples,)`, of several targets both
            side by side.
        fold_predictions: Those of each fold for the examples held out, where the score is a mean
            over folds.
    """

    status: Status
    score: float | None = None
    best_epoch: int | None = None
    history: History = field(default_factory=dict)
    seconds: float = 0.0
    policy: str = ""
    parameters: int = 0
    error: str = ""
    engine: str = ""
    fold_scores: tuple[float, ...] = ()
    weights: list[np.ndarray] | None = None
    predictions: NDArray[np.float32] | None = None
    fold_predictions: tuple[NDArray[np.float32], ...] = ()
