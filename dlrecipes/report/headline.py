"""What a reader must know first: the score, what stands against it, and the findings."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dlrecipes.metrics import metric_words
from dlrecipes.report.format import format_number, format_value
from dlrecipes.report.scores import main_metric, mean_and_spread
from dlrecipes.results import (
    Finding,
    PlanChange,
    RunResult,
    StudyResult,
    TestResult,
    TrialCounts,
    plural,
)

_WORDS = {
    "better": "Better than the strongest baseline",
    "equal": "Equal to the strongest baseline within the noise",
    "worse": "Worse than the strongest baseline",
}
_ORDER = {"error": 0, "warning": 1, "info": 2}
_MOST_LISTED = 8


@dataclass(frozen=True)
class Headline:
    """The verdict in words.

    Args:
        sentence: One plain sentence.
        score: The main metric's value as text; empty if there is none yet.
        spread: Its spread as text; empty for a single training.
        label: What that number is.
        tone: `"better"`, `"equal"`, `"worse"`, or `"open"` while there is no verdict.
        outcome: Better, equal or worse, in words; empty while there is no verdict.
        comparison: Which baseline, and by how much.
        reason: Why it is this metric; empty while there is no verdict.
        seal: How often the test set has been opened.
        alarm: Whether `seal` is a warning.
    """

    sentence: str
    score: str
    spread: str
    label: str
    tone: str
    outcome: str
    comparison: str
    reason: str
    seal: str
    alarm: bool


def headline(result: RunResult) -> Headline:
    """Return the headline of a run in any phase."""
    metric = main_metric(result)
    mean, spread, part, trainings = _score(result, metric)
    verdict = result.verdict
    label = f"{part} {metric_words(metric)}"
    if result.exported_ensemble is not None:
        label += f" of the ensemble of {plural(trainings, 'network')}"
    elif trainings > 1:
        label += f", mean ± standard deviation over {plural(trainings, 'training')}"
    elif trainings == 1:
        label += ", one training, so its spread is not known"
    seal, alarm = _seal(result)
    score = "" if mean is None else format_number(mean)
    return Headline(
        sentence=verdict.sentence if verdict else _unfinished(result, metric, score),
        score=score,
        spread=format_number(spread) if spread else "",
        label=label,
        tone=verdict.outcome if verdict else "open",
        outcome=_WORDS[verdict.outcome] if verdict else "",
        comparison=_comparison(result),
        reason=result.test.reason if result.test else "",
        seal=seal,
        alarm=alarm,
    )


def _score(result: RunResult, metric: str) -> tuple[float | None, float | None, str, int]:
    ensemble = result.exported_ensemble
    if ensemble is not None:
        scores_of = ensemble.validation if result.test is None else ensemble.test
        part = "validation" if result.test is None else "test"
        return scores_of.get(metric), None, part, len(ensemble.members)
    if result.test is not None:
        count = len(result.refits)
        return result.test.mean.get(metric), result.test.spread.get(metric), "test", count
    scores = [refit.validation[metric] for refit in result.refits if metric in refit.validation]
    if scores:
        return *mean_and_spread(scores), "validation", len(scores)
    if result.best is not None:
        return result.best.validation.get(metric), None, "validation", 1
    return None, None, "validation", 0


def _unfinished(result: RunResult, metric: str, score: str) -> str:
    if result.test is not None:
        return "The test set was opened, and no verdict was reached."
    if not score:
        searched = any(stage.trials != TrialCounts() for stage in result.stages)
        return f"No {'trial of the search' if searched else 'network'} has a score yet."
    name = "network" if result.exported == "refit" else "ensemble"
    test = "the test set has not been opened" if result.has_test else "there is no test part"
    return f"The {name} reaches a validation {metric_words(metric)} of {score}; {test}."


def _comparison(result: RunResult) -> str:
    verdict = result.verdict
    if verdict is None or not verdict.baseline:
        return ""
    sign = "+" if verdict.difference >= 0 else "−"
    difference = f"{sign}{format_number(abs(verdict.difference))}"
    margin = f" ± {format_number(verdict.interval)} (95 % interval)" if verdict.interval else ""
    advantage = f"advantage in {verdict.metric} {difference}{margin}"
    return f"{verdict.baseline}: {advantage}"


def _seal(result: RunResult) -> tuple[str, bool]:
    test = result.test
    if test is None and result.sealed == "opened before":
        times = "once" if result.opened_before == 1 else f"{result.opened_before:,} times"
        return (
            f"The test set stayed sealed, for it has been opened {times} before: a score that is "
            f"looked at again and again says less and less about new data. dlrecipes open "
            f"{result.run} opens it all the same. Every score here is a validation score only, and "
            "an optimistic one: the search chose the winner by it.",
            True,
        )
    if not result.has_test:
        return (
            "There is no test part: all rows are for training and validation. Every score here is "
            "a validation score only, and an optimistic one: the search chose the winner by it. "
            "Score it on rows that this run never saw.",
            False,
        )
    if test is None:
        return (
            "The test set has not been opened. Every score here is a validation score only, and "
            "an optimistic one: the search chose the winner by it.",
            False,
        )
    if test.opened <= 1:
        return "This test set has been opened once: by this run, after the search had ended.", False
    by = "this run alone" if test.studies <= 1 else plural(test.studies, "different run")
    times = "twice" if test.opened == 2 else f"{test.opened:,} times"
    return (
        f"This test set has been opened {times}, by {by}. The more often it is looked at, the "
        "more the choices follow it and the less its score says about new data.",
        True,
    )


@dataclass(frozen=True)
class FindingRow:
    """A finding as text.

    Args:
        finding: What was found.
        name: What it is called.
        severity: How much it matters.
        verdict: What was found, in a sentence.
        evidence: `(name, value)`.
        advice: What to do.
        action: The change of the plan that does it.
        line: The command, or the Python, that does it; empty where there is none.
    """

    finding: Finding
    name: str
    severity: str
    verdict: str
    evidence: tuple[tuple[str, str], ...]
    advice: str
    action: str
    line: str


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
            finding=finding,
            name=finding.name.replace("_", " "),
            severity=finding.severity,
            verdict=finding.verdict,
            evidence=tuple(
                (name.replace("_", " "), _evidence(value))
                for name, value in finding.evidence.items()
                if name != "line"
            ),
            advice=finding.advice.removesuffix(_line(finding)),
            action=_action(finding.action),
            line=_line(finding),
        )
        for finding in found
    )


def _line(finding: Finding) -> str:
    return str(finding.evidence.get("line", ""))


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
