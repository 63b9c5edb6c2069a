"""What each stage of the search did."""

from __future__ import annotations

from dataclasses import dataclass

from dlrecipes.report.format import MISSING, format_number, format_seconds, format_value
from dlrecipes.results import StageResult


@dataclass(frozen=True)
class StageTables:
    """Two tables as text.

    Args:
        columns: Heads of the first table.
        rows: One row a stage.
        stages: Names of the stages, heads of the second table.
        ranges: `(hyperparameter, its range in each stage)`.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    stages: tuple[str, ...]
    ranges: tuple[tuple[str, tuple[str, ...]], ...]


def stage_tables(stages: tuple[StageResult, ...]) -> StageTables:
    """Return what to show of the stages."""
    cut_off = any(stage.trials.unfinished for stage in stages)
    columns = (
        "stage", "completed", "pruned", "diverged", "failed", *(["unfinished"] if cut_off else []),
        "epochs", "time in trials", "best score", "of trial",
    )  # fmt: skip
    rows = []
    for stage in stages:
        counts = stage.trials
        number = stage.best.get("number")
        rows.append(
            (
                stage.name,
                f"{counts.completed:,}",
                f"{counts.pruned:,}",
                f"{counts.diverged:,}",
                f"{counts.failed:,}",
                *([f"{counts.unfinished:,}"] if cut_off else []),
                f"{stage.epochs:,}",
                format_seconds(stage.seconds),
                format_number(stage.best.get("score")),
                MISSING if number is None else f"{int(number):,}",
            )
        )
    names = dict.fromkeys(name for stage in stages for name in stage.ranges)
    ranges = tuple((name, tuple(_range(stage, name) for stage in stages)) for name in names)
    return StageTables(columns, tuple(rows), tuple(stage.name for stage in stages), ranges)


def _range(stage: StageResult, name: str) -> str:
    if name not in stage.ranges:
        return MISSING
    low, high = stage.ranges[name]
    return f"{format_value(low)} to {format_value(high)}"
