"""Findings, those that matter first."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dlrecipes.report.format import format_value
from dlrecipes.results import Finding, PlanChange, RunResult, StudyResult, TestResult, plural

_ORDER = {"error": 0, "warning": 1, "info": 2}
_MOST_LISTED = 8


@dataclass(frozen=True)
class FindingRow:
    """A finding as text; `evidence` are `(name, value)`."""

    name: str
    severity: str
    verdict: str
    evidence: tuple[tuple[str, str], ...]
    advice: str
    action: str


def passed(finding: FindingRow) -> bool:
    """Whether a check found nothing that a reader must look at or do something about.

    Args:
        finding: A row of the findings.
    """
    return finding.severity == "info" and not finding.advice and not finding.action


def finding_rows(result: RunResult, study: StudyResult | None) -> tuple[FindingRow, ...]:
    """Return the findings of the run and of its search, without repetitions, by severity."""
    found: list[Finding] = []
    of_test = () if result.test is None or result.test.unknown is None else (_of_test(result.test),)
    for finding in (*of_test, *result.findings, *(study.findings if study else ())):
        if finding not in found:
            found.append(finding)
    found.sort(key=lambda finding: _ORDER[finding.severity])
    return tuple(
        FindingRow(
            name=finding.name.replace("_", " "),
            severity=finding.severity,
            verdict=finding.verdict,
            evidence=tuple(
                (name.replace("_", " "), _evidence(value))
                for name, value in finding.evidence.items()
            ),
            advice=finding.advice,
            action=_action(finding.action),
        )
        for finding in found
    )


def _of_test(test: TestResult) -> Finding:
    unknown = test.unknown or Finding("unknown values", "")
    return replace(unknown, verdict=f"In the test part: {' '.join(unknown.verdict.splitlines())}")


def _evidence(value: float | int | str | list[str]) -> str:
    if not isinstance(value, list):
        return format_value(value)
    listed = ", ".join(value[:_MOST_LISTED])
    rest = len(value) - _MOST_LISTED
    return f"{listed} and {rest:,} more" if rest > 0 else listed or "none"


def _action(change: PlanChange | None) -> str:
    if change is None:
        return ""
    parts = []
    if change.low is not None or change.high is not None:
        ends = [format_value(end) for end in (change.low, change.high)]
        parts.append(f"{change.hyperparameter}: search {ends[0]} to {ends[1]}")
    if change.add_value is not None:
        parts.append(f"{change.hyperparameter}: add {format_value(change.add_value)}")
    if change.trials is not None:
        parts.append(plural(change.trials, "trial"))
    if change.epochs is not None:
        parts.append(plural(change.epochs, "epoch"))
    where = f" in stage {change.stage}" if change.stage else ""
    return ", ".join(parts) + where if parts else ""
