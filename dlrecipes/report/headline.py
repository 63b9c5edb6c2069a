"""What a reader must know first."""

from __future__ import annotations

from dataclasses import dataclass

from dlrecipes.metrics import metric_words
from dlrecipes.report.format import format_number
from dlrecipes.report.scores import main_metric, mean_and_spread
from dlrecipes.results import RunResult, TrialCounts, plural

_WORDS = {
    "better": "Better than the strongest baseline",
    "equal": "Equal to the strongest baseline within the noise",
    "worse": "Worse than the strongest baseline",
}


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
    if trainings > 1:
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
    return (
        f"The network reaches a validation {metric_words(metric)} of {score}; "
        "the test set has not been opened."
    )


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
