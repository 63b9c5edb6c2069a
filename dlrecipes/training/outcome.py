"""How one training ended: at which epoch, with which values, or why it failed."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlrecipes.results import History, Objective, Stopping
from dlrecipes.results.study_result import Status

_WRAPPERS = ("Exception encountered when calling", "Arguments received by")


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


class BestEpoch:
    """Keeps track of the best epoch and says when a training should end early.

    A NaN or infinite score is never the best, also in the first epoch (Keras'
    `EarlyStopping` keeps and restores a first-epoch NaN for good). Of epochs with equal scores
    the last counts, since its weights saw more data: accuracy on a few hundred examples ties
    often, and the first of many ties is the luckiest. Patience waits for a score that is better
    by more than `min_delta`, not for a tie. The rise of the validation loss is measured from its
    own best, whatever the objective is.

    Args:
        objective: What is better.
        stopping: What makes `should_stop` true.
    """

    def __init__(self, objective: Objective, stopping: Stopping | None = None) -> None:
        self._objective = objective
        self._stopping = stopping or Stopping()
        self.epoch: int | None = None
        self.score: float | None = None
        self._waited = 0
        self._waited_from: float | None = None
        self._lowest_loss = math.inf
        self._rise = 0.0

    def update(self, epoch: int, score: float, val_loss: float | None = None) -> bool:
        """Take an epoch's score and return whether this epoch is the best so far.

        Args:
            epoch: The epoch, from 0.
            score: The objective.
            val_loss: The validation loss; None where there is none.
        """
        if val_loss is not None and math.isfinite(val_loss):
            self._lowest_loss = min(self._lowest_loss, val_loss)
            self._rise = val_loss - self._lowest_loss
        finite = math.isfinite(score)
        if finite and self._counts(score):
            self._waited, self._waited_from = 0, score
        else:
            self._waited += 1
        if finite and (self.score is None or not self._objective.better(self.score, score)):
            self.epoch, self.score = epoch, score
            return True
        return False

    def _counts(self, score: float) -> bool:
        """Whether patience begins anew with a score."""
        delta = self._stopping.min_delta
        asked = score - delta if self._objective.direction == "max" else score + delta
        return self._waited_from is None or self._objective.better(asked, self._waited_from)

    @property
    def should_stop(self) -> bool:
        """Whether patience has run out, or the validation loss has risen too far."""
        patience, highest = self._stopping.patience, self._stopping.max_loss_rise
        out_of_patience = patience is not None and self._waited >= patience
        return out_of_patience or (highest is not None and self._rise > highest)


def log_value(value: ArrayLike) -> float:
    """Return what Keras logs of a metric as a number.

    `keras.metrics.F1Score` of one unit gives an array of one value.

    Args:
        value: A number, or an array or tensor of a single one.

    Raises:
        ValueError: If there are several.
    """
    return float(np.asarray(value).reshape(()))


def headline(error: BaseException) -> str:
    """Return the first line that says something, without colours; empty if there is none.

    Keras wraps what a layer raises: its first line says only that there was an exception.

    Args:
        error: Whatever was raised.
    """
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if not line.startswith(_WRAPPERS)]
    return (telling or lines or [""])[0][:300]
