"""The ensemble's members and its gain."""

from __future__ import annotations

from dataclasses import dataclass

from dlrecipes.report.format import format_number, format_value
from dlrecipes.report.scores import main_metric
from dlrecipes.results import RunResult


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
