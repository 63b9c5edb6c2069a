"""Early stopping that is safe against NaN."""

from __future__ import annotations

import math

from dlrecipes.results import Objective


class BestEpoch:
    """Keeps track of the best epoch and says when to stop waiting for a better one.

    A NaN or infinite score is never the best, also in the first epoch (Keras'
    `EarlyStopping` keeps and restores a first-epoch NaN for good). Of epochs with equal scores
    the last counts, since its weights saw more data: accuracy on a few hundred examples ties
    often, and the first of many ties is the luckiest. Patience waits for a better score, not
    for a tie.

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
        """Take an epoch's score and return whether this epoch is the best so far."""
        finite = math.isfinite(score)
        better = finite and (self.score is None or self._objective.better(score, self.score))
        self._waited = 0 if better else self._waited + 1
        if better or (finite and score == self.score):
            self.epoch, self.score = epoch, score
            return True
        return False

    @property
    def exhausted(self) -> bool:
        """Whether patience has run out."""
        return self._patience is not None and self._waited >= self._patience
