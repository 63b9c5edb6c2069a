"""A change to a plan, as data."""

from __future__ import annotations

from dataclasses import dataclass

Value = float | int | str | bool | None


@dataclass(frozen=True)
class PlanChange:
    """What a finding proposes to do: another range, another budget, another value.

    Fields that are None stay as they are.

    Args:
        stage: Name of the stage that changes; empty for every stage.
        hyperparameter: The hyperparameter whose range or values change, if any.
        low: New lower end of its range.
        high: New upper end of its range.
        add_value: A value to add to its choices.
        trials: New number of trials of the stage.
        epochs: New number of epochs a trial.
    """

    stage: str = ""
    hyperparameter: str | None = None
    low: float | None = None
    high: float | None = None
    add_value: Value = None
    trials: int | None = None
    epochs: int | None = None
