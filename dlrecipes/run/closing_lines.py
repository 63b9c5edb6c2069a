"""What is said when a run has ended: where it lies, what it reached, and what comes next."""

from __future__ import annotations

from pathlib import Path

from dlrecipes.metrics import better_low, metric_words
from dlrecipes.report.scores import main_metric, mean_and_spread
from dlrecipes.results import Objective, RunResult, plural, score_text, significant


def closing_lines(result: RunResult, directory: Path) -> tuple[str, ...]:
    """Return the last words of a run, a sentence or two a line.

    Args:
        result: The result of a run whose search and refits are done.
        directory: The run directory.
    """
    report = directory / "report.html"
    lines = [f"run directory: {directory}"]
    if result.best is not None:
        metric = Objective(result.objective, result.direction).metric
        lines.append(
            f"Best of the search: validation {metric_words(metric)} "
            f"{score_text(result.best.validation[metric])}, {result.best.stage} trial "
            f"{result.best.trial}."
        )
    written = report.is_file()
    if result.verdict is not None:
        lines.append(result.verdict.sentence)
    else:
        lines.append(" ".join(while_sealed(result)))
        opens = "run.open_test_set(reason) opens the test set"
        both = (
            f"{opens}, run.report() writes {report}, and run.finish() does both, unless an earlier "
            "run has opened this test set."
        )
        lines.append(f"{opens}." if written else both)
    if written:
        lines.append(f"report: {report}")
    elif result.verdict is not None:
        lines.append(f"run.report() writes {report}.")
    return tuple(lines)


def while_sealed(result: RunResult) -> list[str]:
    """Say why the test set is still sealed, and what is known without it.

    Args:
        result: A result without a test.
    """
    before = plural(result.opened_before, "time")
    why = "" if result.sealed != "opened before" else f": it has been opened {before} before"
    metric, said = main_metric(result), f"The test set stays sealed{why}."
    scores = [refit.validation[metric] for refit in result.refits if metric in refit.validation]
    mean, spread = mean_and_spread(scores)
    if mean is None:
        return [said]
    known = f"Validation {metric_words(metric)} {significant(mean)}"
    if spread is not None:
        known += f" ± {significant(spread, 2)} over {len(scores)} refits"
    baselines = {
        name: baseline.validation[metric]
        for name, baseline in result.baselines.items()
        if metric in baseline.validation
    }
    if baselines:
        best = (min if better_low(metric) else max)(baselines, key=lambda name: baselines[name])
        known += f"; the best baseline there, {best}, {significant(baselines[best])}"
    return [said, f"{known}."]
