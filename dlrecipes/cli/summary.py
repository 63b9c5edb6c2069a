"""A run that exists: opened from the command line, and what it says when it is finished."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from dlrecipes.quiet import quiet_start
from dlrecipes.results import NEXT_STEPS, plural, significant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dlrecipes.results import Finding, LearningCurve, RunResult, Target, TestResult, Verdict
    from dlrecipes.run import Run
    from dlrecipes.run.learning_rates import LearningRates


def print_summary(run: Run, time: str) -> None:
    """Print the verdict, what was measured beside it, and where the files are.

    Args:
        run: A finished run.
        time: How long the command took.
    """
    from dlrecipes.report.details import preparation
    from dlrecipes.targets import named_targets

    result: RunResult = run.result
    console = Console(soft_wrap=True, highlight=False)
    if result.verdict is not None and result.test is not None:
        verdict, test = result.verdict, result.test
        console.print(f"\n{verdict.sentence}", style="bold", markup=False)
        console.print(
            *_comparison(verdict, result),
            f"This test set was opened {plural(test.opened, 'time')}, by "
            f"{plural(test.studies, 'run')}.",
            sep="\n",
            markup=False,
        )
        for line in _unknown(test):
            console.print(f"In the test part: {line}", markup=False)
        for target in named_targets(run.info.spec):
            console.print(_of_target(target, result, test, verdict), markup=False)
        for subgroup in result.subgroups:
            if subgroup.part == "test":
                console.print(subgroup.sentence, markup=False)
    else:
        from dlrecipes.run.messages import while_sealed

        console.print("\n" + " ".join(while_sealed(result)), style="bold", markup=False)
        how = [f"Open it: dlrecipes open {run.directory}"] if result.has_test else []
        console.print(*how, sep="\n", end="\n" if how else "", markup=False)
    console.print(_exported(result), markup=False)
    if result.gap_penalty is not None:
        console.print(result.gap_penalty.sentence, markup=False)
    if result.ensemble is not None:
        gain = result.ensemble.test_gain or result.ensemble.validation_gain
        console.print(gain.sentence, markup=False)
    if result.threshold is not None:
        chosen = result.threshold
        console.print(
            f"Threshold {chosen.threshold:.4g} for {chosen.goal}, {chosen.value:.4g} on the "
            "validation part" + _decided(result),
            markup=False,
        )
    for name, file in result.artifacts.items():
        console.print(f"{name:12} {run.directory / file}", markup=False)
    prepared = preparation(result)
    time += f"; of the search {prepared}" if prepared else ""
    console.print(f"{'time':12} {time}", *_next_steps(result), sep="\n", markup=False)


def print_findings(findings: Sequence[Finding]) -> None:
    """Print what is wrong, and how much was looked for besides.

    Args:
        findings: Errors first, then warnings, then what was not found.
    """
    console = Console(soft_wrap=True, highlight=False)
    wrong = [finding for finding in findings if finding.severity != "info"]
    for finding in wrong:
        console.print(f"{finding.severity}: {finding.verdict}", markup=False)
        if finding.advice:
            console.print(f"  {finding.advice}", markup=False)
    from dlrecipes.diagnose import CHECKS

    told = [one for one in findings if one.severity == "info" and one.name in CHECKS]
    for finding in told:
        console.print(" ".join(filter(None, (finding.verdict, finding.advice))), markup=False)
    rest = len(findings) - len(wrong) - len(told)
    console.print(
        f"{plural(rest, 'check')} of the data had nothing to report."
        if wrong
        else f"Nothing is wrong, as far as can be told before training: "
        f"{plural(rest, 'check')} of the data had nothing to report, nor had those of the network.",
        markup=False,
    )


def print_curve(curve: LearningCurve) -> None:
    """Print a learning curve: a row a rung, and what twice the data would bring.

    Args:
        curve: The curve.
    """
    console = Console(soft_wrap=True, highlight=False)
    table = Table("examples", f"{curve.error} on them", "on validation", box=None, pad_edge=False)
    for rung in curve.rungs:
        parts = [f"{sum(part) / len(part):.4g}" for part in (rung.train, rung.validation)]
        table.add_row(f"{rung.examples:,}", *parts)
    console.print(table)
    console.print(curve.sentence, markup=False)


def _next_steps(result: RunResult) -> list[str]:
    """Return what to do next, with its reason, as far as a check has found something."""
    found = [finding for finding in result.findings if finding.name in NEXT_STEPS]
    return [f"{'next':12} {finding.verdict} {finding.advice}" for finding in found]


def print_rates(found: LearningRates, file: Path) -> None:
    """Print the suggested learning rate, how it was read off, and where the picture is.

    Args:
        found: What the range tests have shown.
        file: The picture.
    """
    console = Console(soft_wrap=True, highlight=False)
    console.print(found.sentence, style="bold", markup=False)
    table = Table(box=None, pad_edge=False, show_header=len(found.tests) > 1)
    ways = list(dict.fromkeys(way for test in found.tests.values() for way in test.suggestions))
    if len(found.tests) == 1:
        for test in found.tests.values():
            for way in ways:
                table.add_row(way, significant(test.suggestions[way], 2))
    else:
        for heading in ("weight decay", "rate", *ways):
            table.add_column(heading)
        for decay, test in found.tests.items():
            rates = [test.suggestion, *(test.suggestions.get(way) for way in ways)]
            cells = ["-" if rate is None else significant(rate, 2) for rate in rates]
            table.add_row(f"{decay:g}", *cells)
    console.print(table)
    console.print(str(file), markup=False)


def _exported(result: RunResult) -> str:
    """Say which model is exported, what it reaches by itself, and how its probabilities are."""
    from dlrecipes.metrics.metric_facts import metric_words
    from dlrecipes.report.scores import chosen_by, main_metric

    metric, ensemble = main_metric(result), result.exported_ensemble
    first, model = result.refits[0], result.exported_model
    parts = {"validation": model.validation, "test": model.test}
    scores = ", ".join(
        f"{part} {metric_words(metric)} {significant(reached[metric])}"
        for part, reached in parts.items()
        if metric in reached
    )
    chosen = chosen_by(result) if len(result.refits) > 1 else "the only refit"
    chosen += f", seed {first.seed}"
    if ensemble is not None:
        chosen = f"the ensemble of {plural(len(ensemble.members), 'network')}"
    said = f"Exported is {chosen}" + (f": {scores}." if scores else ".")
    return said if model.calibration is None else f"{said}\n{model.calibration.sentence}"


def _comparison(verdict: Verdict, result: RunResult) -> list[str]:
    name = "network" if result.exported == "refit" else "ensemble"
    difference = significant(verdict.difference, signed=True)
    said = (
        f"Difference in {verdict.metric}, in the {name}'s favour: {difference} ± "
        f"{significant(verdict.interval, 2)} (95 %)."
    )
    return [said, result.test.reason] if result.test and result.test.reason else [said]


def _unknown(test: TestResult) -> list[str]:
    found = test.unknown
    return found.verdict.splitlines() if found is not None and found.severity == "warning" else []


def _of_target(target: Target, result: RunResult, test: TestResult, verdict: Verdict) -> str:
    """Say what is reached for one of several targets, and its strongest baseline."""
    from dlrecipes.metrics.metric_facts import metric_words
    from dlrecipes.targets import kind_of

    metric = kind_of(target).main_metric
    words = metric_words(metric)
    name, strongest = f"{target.name}_{metric}", verdict.by_target.get(target.name)
    if strongest is None:
        return f"{target.shown}: no test example has it."
    ensemble = result.exported_ensemble
    reached = f"{significant(test.mean[name])} ± {significant(test.spread[name], 2)}"
    if ensemble is not None:
        reached = significant(ensemble.test[name])
    return (
        f"{target.shown}: test {words} {reached}; the strongest baseline is {strongest} with "
        f"{significant(result.baselines[strongest].test[name])}."
    )


def _decided(result: RunResult) -> str:
    if result.test is None or not result.test.at_threshold:
        return "."
    scores = result.test.at_threshold
    named = ", ".join(f"{name} {scores[name]:.4g}" for name in ("precision", "recall", "f1"))
    return f"; on the test part {named}."


def open_run(directory: Path) -> Run:
    """Open a run, with the custom layers of its recipe known to Keras."""
    with quiet_start():
        from dlrecipes.errors import RecipeError
        from dlrecipes.recipe import load_recipe
        from dlrecipes.run import Run

        run = Run(directory)
        # A recipe that is gone matters only if it had layers of its own; loading says so then.
        with suppress(RecipeError):
            load_recipe(run.info.origin.path)
    return run
