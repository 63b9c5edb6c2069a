"""What each stage of the search did, and what the ensemble of its best trials gained."""

from __future__ import annotations

from dataclasses import dataclass

from dlrecipes.report.format import MISSING, format_number, format_seconds, format_value
from dlrecipes.report.scores import main_metric
from dlrecipes.results import RunResult, StageResult


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


@dataclass(frozen=True)
class EnsembleSection:
    """What the report says of an ensemble.

    Args:
        sentences: The gain over a single network, on the test part first where that is known.
        metric: The metric of the members' scores.
        rows: `(stage, trial, seed, validation score, hyperparameters)`, a row a member.
        validation: The ensemble's validation score.
    """

    sentences: tuple[str, ...]
    metric: str
    rows: tuple[tuple[str, str, str, str, str], ...]
    validation: str


def ensemble_section(result: RunResult) -> EnsembleSection | None:
    """Return what to say of the ensemble; None without one."""
    ensemble = result.ensemble
    if ensemble is None:
        return None
    metric = main_metric(result)
    gains = [ensemble.test_gain, ensemble.validation_gain]
    rows = tuple(
        (
            member.stage,
            str(member.trial),
            str(member.seed),
            format_number(member.validation.get(metric)),
            ", ".join(f"{name} {format_value(value)}" for name, value in member.values.items()),
        )
        for member in ensemble.members
    )
    return EnsembleSection(
        tuple(gain.sentence for gain in gains if gain is not None),
        metric,
        rows,
        format_number(ensemble.validation.get(metric)),
    )
