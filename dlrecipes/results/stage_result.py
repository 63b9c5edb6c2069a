"""What one stage of a search did."""

from __future__ import annotations

from dataclasses import dataclass

from dlrecipes.results.plan_change import Value


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
