"""A trial to be trained, as a backend proposes it, and the score that is stored of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import optuna

from dlrecipes.results import Value
from dlrecipes.training.own_training import Fit

RECORD = "dlrecipes:record"
"""Name of the trial's user attribute that holds it."""


@dataclass(frozen=True)
class Proposal:
    """A trial to be trained.

    Args:
        number: Its number in its study.
        values: The hyperparameters' values, active ones only; those that the builder asks for
            late (behind a plain `if`) are added when it does.
        build: Calls the builder with these values.
        rebuild: Calls the builder with other values of the same hyperparameters.
        fit: Trains in the user's own way, with these values; None for `model.fit`.
    """

    number: int
    values: dict[str, Value]
    build: Callable[[], keras.Model]
    rebuild: Callable[[dict[str, Value]], keras.Model]
    fit: Fit | None = None


def stored_score(trial: optuna.trial.FrozenTrial) -> float | None:
    """Return the score that a finished trial is compared by.

    Optuna's value of a pruned trial is its last report, which counts no declared penalty.

    Args:
        trial: A finished trial.
    """
    record: dict[str, Any] = trial.user_attrs.get(RECORD, {})
    score: float | None = record.get("score", trial.value)
    return score
