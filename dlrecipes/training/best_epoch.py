"""Early stopping that is safe against NaN."""

from __future__ import annotations

import math

from dlrecipes.results import Objective


class BestEpoch:
    """Keeps track of the best epoch and says when to stop waiting for a better one.

    A NaN or infinite score is never the best, also in the first epoch (Keras'
    `EarlyStopping` keeps and restores a first-epoch NaN for good).

    Args:
        objective: What is better.
        patience: Epochs without improvement after which `exhausted` is true; None for never.
    """

    def __init__(self, objective: Objective, patience: int | None = None) -> None:
        self._objective = objective
        self._patience = patience
        self.epoch: int | None = None
        self.score: float | None = None
        self._waited = 0

    def update(self, epoch: int, score: float) -> bool:
        """Take an epoch's score and return whether it is the best so far."""
        improved = math.isfinite(score) and (
            self.score is None or self._objective.better(score, self.score)
        )
        if improved:
            self.epoch, self.score, self._waited = epoch, score, 0
        else:
            self._waited += 1
        return improved

    @property
    def exhausted(self) -> bool:
        """Whether patience has run out."""
        return self._patience is not None and self._waited >= self._patience
