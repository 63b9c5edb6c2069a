"""What a run says: of its data when it begins, and where it stands when it ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from dlrecipes.data import Splits
from dlrecipes.metrics import better_low, metric_words
from dlrecipes.report.details import preparation
from dlrecipes.report.format import format_seconds
from dlrecipes.report.scores import main_metric, mean_and_spread
from dlrecipes.results import (
    NEXT_STEPS,
    Column,
    ColumnKind,
    DataSpec,
    Objective,
    RunResult,
    plural,
    score_text,
    significant,
)
from dlrecipes.results.run_info import SourceValue
from dlrecipes.rundir import RunDirectory, run_log
from dlrecipes.search import Listener, LogListener
from dlrecipes.targets import if_named, kind_of, known_values

_KINDS: dict[ColumnKind, tuple[str, str]] = {
    "number": ("number", "numbers"),
    "category": ("category", "categories"),
    "date": ("date", "dates"),
    "text": ("text", "texts"),
    "list": ("list", "lists"),
    "parts": ("cell with parts", "cells with parts"),
    "dna": ("sequence of DNA", "sequences of DNA"),
}
_MOST_NAMED = 6
NO_TEST = "no test part: all rows are for training and validation"


def describe_data(splits: Splits, source: Mapping[str, SourceValue]) -> tuple[str, ...]:
    """Return what was understood of the data: a line on the inputs and one on the target.

    Args:
        splits: The data.
        source: Arguments of the recipe's `load`; empty without a recipe.
    """
    spec = splits.raw_spec
    sizes = len(splits.train), len(splits.validation), len(splits.test)
    rows = "row" if spec.columns else "image" if spec.kind == "image" else "example"
    train, validation, test = (f"{size:,}" for size in sizes)
    return (
        f"{source.get('data') or spec.name}: {plural(sum(sizes), rows)}, {train} to train, "
        f"{validation} to validate, {test if len(splits.test) else 'none'} to test; "
        f"{_inputs(splits)}",
        f"to predict: {_target(splits, source)}",
    )


def _inputs(splits: Splits) -> str:
    """Say what an example is; of a table the columns by kind, and those that are left out."""
    spec = splits.raw_spec
    if spec.inputs:
        return f"each {plural(len(spec.inputs), 'input')}: " + ", ".join(
            f"{one.name} ({' × '.join(f'{size:,}' for size in one.shape) or '1'} {one.dtype})"
            for one in spec.inputs
        )
    if spec.input_dtype == "string":
        return "each a text" if spec.input_shape in ((), (1,)) else "each several texts"
    if not spec.columns:
        shape = " × ".join(f"{size:,}" for size in spec.input_shape)
        axes = {"image": "height, width, channels", "sequence": "steps, features"}
        if spec.kind in axes:
            return f"each {shape} ({axes[spec.kind]})"
        return (
            f"each {plural(spec.input_shape[0], 'number') if len(spec.input_shape) == 1 else shape}"
        )
    counts: Counter[str] = Counter(column.kind for column in spec.columns)
    kinds = ", ".join(
        plural(counts[kind], *words) for kind, words in _KINDS.items() if counts[kind]
    )
    left_out = _left_out(spec)
    named = ", ".join(left_out[:_MOST_NAMED])
    more = len(left_out) - _MOST_NAMED
    named += f" and {more:,} more" if more > 0 else ""
    said = f"{plural(len(spec.columns), 'input column')}: {kinds}"
    return f"{said}; left out: {named}" if left_out else said


def _left_out(spec: DataSpec) -> list[str]:
    """Return the columns that are no inputs, with the reason."""
    known = {column.name for column in spec.columns}
    columns = () if spec.file is None else spec.file.columns
    asked = {*columns} - {column.name for column in spec.ignored} - known
    asked -= set() if spec.file is None else {*spec.file.targets}
    ignored = (
        *spec.ignored,
        *(Column(name, "ignored", "as asked") for name in columns if name in asked),
    )
    return [f"{column.name!r} ({column.evidence})" for column in ignored]


def _target(splits: Splits, source: Mapping[str, SourceValue]) -> str:
    """Say what is predicted: its column, and its classes with their shares or its values."""
    spec, said = splits.raw_spec, []
    for target in spec.targets:
        known = known_values(splits.train.y, spec, target)[1]
        name = if_named(target, f"{target.shown!r}, ") or _column(spec, source)
        said.append(f"{name}{kind_of(target).seen(known)}")
    return "; ".join(said)


def _column(spec: DataSpec, source: Mapping[str, SourceValue]) -> str:
    """Name the column of the only target, and how to name another; nothing without a table."""
    if spec.file is None or len(spec.file.targets) != 1:
        return ""
    (name,) = spec.file.targets
    last = name == spec.file.columns[-1]
    another = last and source.get("data") and not source.get("target")
    column = f"{name!r}" + (", the last column" if last else "")
    return column + (" (--target names another), " if another else ", ")


def closing_lines(result: RunResult, directory: RunDirectory) -> tuple[str, ...]:
    """Return the last words of a run, a sentence or two a line.

    Args:
        result: The result of a run whose search and refits are done.
        directory: The run directory.
    """
    report = directory.report
    lines = [f"run directory: {directory.path}"]
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
        if result.has_test:
            lines.append(f"{opens}." if written else both)
        elif not written:
            lines.append(f"run.report() writes {report}.")
    lines += [
        f"next: {finding.verdict} {finding.advice}"
        for finding in result.findings
        if finding.name in NEXT_STEPS
    ]
    if written:
        lines.append(f"report: {report}")
    elif result.verdict is not None:
        lines.append(f"run.report() writes {report}.")
    return (*lines, time_line(result))


def time_line(result: RunResult) -> str:
    """Return how long a run took by the clock, and what of the search went into getting ready.

    Args:
        result: A result whose search is done.
    """
    seconds, prepared = result.seconds, preparation(result)
    parts = [f"search {format_seconds(seconds['search'])}"] if "search" in seconds else []
    parts += [f"of it {prepared}"] if prepared else []
    return f"time: {', '.join(parts)}; whole run {format_seconds(seconds.get('total', 0.0))}"


def say_end(listener: Listener, result: RunResult, directory: RunDirectory) -> None:
    """Say the last words of a run, also in its log.

    Args:
        listener: Hears them.
        result: As for `closing_lines`.
        directory: As for `closing_lines`.
    """
    with run_log(directory.log) as log:
        LogListener(log, listener).on_end(closing_lines(result, directory))


def while_sealed(result: RunResult) -> list[str]:
    """Say why the test set is still sealed, and what is known without it.

    Args:
        result: A result without a test.
    """
    before = plural(result.opened_before, "time")
    why = "" if result.sealed != "opened before" else f": it has been opened {before} before"
    metric, said = main_metric(result), f"The test set stays sealed{why}."
    if not result.has_test:
        said = f"There is {NO_TEST}."
    ensemble = result.exported_ensemble
    scores = [refit.validation[metric] for refit in result.refits if metric in refit.validation]
    if ensemble is not None:
        scores = [ensemble.validation[metric]] if metric in ensemble.validation else []
    mean, spread = mean_and_spread(scores)
    if mean is None:
        return [said]
    known = f"Validation {metric_words(metric)} {significant(mean)}"
    if ensemble is not None:
        known += " with the ensemble"
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
