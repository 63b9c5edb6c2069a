"""The record that is stored with a finished trial."""

from __future__ import annotations

from typing import Any

import optuna

RECORD = "dlrecipes:record"
"""Name of the trial's user attribute that holds it."""


def stored_score(trial: optuna.trial.FrozenTrial) -> float | None:
    """Return the score that a finished trial is compared by.

    Optuna's value of a pruned trial is its last report, which counts no declared penalty.

    Args:
        trial: A finished trial.
    """
    record: dict[str, Any] = trial.user_attrs.get(RECORD, {})
    score: float | None = record.get("score", trial.value)
    return score
