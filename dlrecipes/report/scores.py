"""The network against the baselines, on validation and test data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dlrecipes.errors import ArgumentError
from dlrecipes.metrics import metric_words
from dlrecipes.report.format import MISSING, format_number
from dlrecipes.results import EnsembleResult, Metrics, Objective, RefitResult, RunResult

_ALIASES = {"loss": ("log_loss", "rmse", "mse"), "mean_squared_error": ("mse", "rmse")}
_USUAL = ("accuracy", "rmse")


@dataclass(frozen=True)
class ScoreCell:
    """One number of the table with its spread, as text; the spread may be empty."""

    text: str
    spread: str
    main: bool


@dataclass(frozen=True)
class ScoreRow:
    """One model.

    Args:
        name: What it is called.
        note: What one needs to know of it.
        kind: `"network"`, `"ensemble"`, `"trial"` or `"baseline"`.
        cells: For each metric its validation and its test score.
    """

    name: str
    note: str
    kind: str
    cells: tuple[tuple[ScoreCell, ScoreCell], ...]


@dataclass(frozen=True)
class ScoreTable:
    """All models by all metrics; `metrics` are `(name, "higher"|"lower"|"")`, main one first."""

    metrics: tuple[tuple[str, str], ...]
    rows: tuple[ScoreRow, ...]


def main_metric(result: RunResult) -> str:
    """Return the metric that the report is about."""
    if result.test is not None:
        return result.test.metric
    if result.metric:
        return result.metric
    name = Objective(result.objective, result.direction).metric
    # What the refits reach comes before what the search saw of its winner, whose loss may be one
    # that no baseline has.
    known: list[Metrics] = [refit.validation for refit in result.refits]
    if not known:
        known += [result.best.validation] if result.best else []
        known += [baseline.validation for baseline in result.baselines.values()]
    available = [metric for metrics in known for metric in metrics]
    for candidate in (name, *_ALIASES.get(name, ()), *_USUAL, *available):
        if candidate in available:
            return candidate
    return name


def chosen_by(result: RunResult) -> str:
    """Return how the exported refit, the first, was chosen, to follow "the network that is".

    Runs of before took the first seed's; where it is not the best, nothing is claimed.
    """
    goal = Objective(result.objective, result.direction)
    reached = [_at_best(refit, goal.name) for refit in result.refits]
    best = min if goal.direction == "min" else max
    if None in reached or reached[0] != best(score for score in reached if score is not None):
        return f"the first of {len(reached)} refits"
    words = metric_words(goal.metric)
    return f"the best of {len(reached)} refits by their validation {words}"


def _at_best(refit: RefitResult, name: str) -> float | None:
    values = refit.history.get(name, ())
    value = values[refit.best_epoch] if refit.best_epoch < len(values) else None
    return value if value is not None and math.isfinite(value) else None


def mean_and_spread(values: Sequence[float]) -> tuple[float | None, float | None]:
    """Return mean and sample standard deviation of the finite values; None where undefined."""
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return None, None
    return float(np.mean(finite)), float(np.std(finite, ddof=1)) if len(finite) > 1 else None


def score_table(result: RunResult) -> ScoreTable:
    """Return the table; without rows as long as nothing was measured."""
    main = main_metric(result)
    names = _metric_names(result, main)
    rows = []
    network = _network_row(result, names, main)
    if network:
        rows.append(network)
    if len(result.refits) > 1:
        rows.append(_best_refit_row(result, names, main))
    if result.ensemble is not None:
        rows.append(_ensemble_row(result, result.ensemble, names, main))
    if result.best is not None and result.best.validation:
        chosen = "its validation score" + (", less a penalty" if result.gap_penalty else "")
        alone = "".join(
            f"; validation {metric_words(name)} {format_number(value)}"
            for name, value in result.best.validation.items()
            if name not in names
        )
        rows.append(
            ScoreRow(
                "winning trial of the search",
                f"chosen by {chosen}, which is therefore optimistic{alone}",
                "trial",
                tuple(
                    _pair(result.best.validation.get(name), None, name == main) for name in names
                ),
            )
        )
    for baseline, scores in result.baselines.items():
        rows.append(
            ScoreRow(
                baseline,
                "; ".join(filter(None, (_baseline_note(result, baseline), scores.note))),
                "baseline",
                tuple(
                    _pair(scores.validation.get(name), scores.test.get(name), name == main)
                    for name in names
                ),
            )
        )
    return ScoreTable(tuple((name, _direction(result, name)) for name in names), tuple(rows))


def _baseline_note(result: RunResult, baseline: str) -> str:
    test, verdict = result.test, result.verdict
    if test is None or verdict is None or baseline != verdict.baseline:
        return ""
    known = {
        name: scores.validation[test.metric]
        for name, scores in result.baselines.items()
        if test.metric in scores.validation
    }
    best = max if test.direction == "max" else min
    if not known or known.get(baseline) == best(known.values()):
        return "the strongest baseline on the validation part"
    return (
        "the strongest baseline: of those within a standard error of the best "
        f"validation {metric_words(test.metric)}, the one with the lowest log loss"
    )


def _network_row(result: RunResult, names: Sequence[str], main: str) -> ScoreRow | None:
    if not result.refits:
        return None
    cells = []
    for name in names:
        validation = mean_and_spread(
            [refit.validation[name] for refit in result.refits if name in refit.validation]
        )
        test: tuple[float | None, float | None] = (None, None)
        if result.test is not None:
            test = (result.test.mean.get(name), result.test.spread.get(name))
        cells.append(
            (
                _cell(*validation, name == main),
                _cell(*test, name == main),
            )
        )
    count = len(result.refits)
    note = "trained once" if count == 1 else f"mean ± standard deviation over {count} seeds"
    return ScoreRow("network", note, "network", tuple(cells))


def _best_refit_row(result: RunResult, names: Sequence[str], main: str) -> ScoreRow:
    refit = result.refits[0]
    return ScoreRow(
        "the network that is exported" if result.exported == "refit" else "one network",
        chosen_by(result),
        "network",
        tuple(
            _pair(refit.validation.get(name), refit.test.get(name), name == main) for name in names
        ),
    )


def _ensemble_row(
    result: RunResult, ensemble: EnsembleResult, names: Sequence[str], main: str
) -> ScoreRow:
    exported = result.exported == "ensemble"
    return ScoreRow(
        "the ensemble that is exported" if exported else "ensemble",
        f"mean of {len(ensemble.members)} networks"
        + ("; better than a single one on the validation part, beyond the noise" * exported),
        "ensemble",
        tuple(
            _pair(ensemble.validation.get(name), ensemble.test.get(name), name == main)
            for name in names
        ),
    )


def _pair(validation: float | None, test: float | None, main: bool) -> tuple[ScoreCell, ScoreCell]:
    return _cell(validation, None, main), _cell(test, None, main)


def _cell(value: float | None, spread: float | None, main: bool) -> ScoreCell:
    text = format_number(value)
    known = spread is not None and math.isfinite(spread) and spread > 0
    return ScoreCell(text, f"± {format_number(spread)}" if known else "", main and text != MISSING)


def _metric_names(result: RunResult, main: str) -> list[str]:
    sources: list[Metrics] = [result.test.mean] if result.test else []
    sources += [metrics for refit in result.refits for metrics in (refit.validation, refit.test)]
    for baseline in result.baselines.values():
        sources += [baseline.validation, baseline.test]
    # What the trial alone has, such as its loss with penalties, is in its note: no column.
    sources += [result.best.validation] if result.best and not any(sources) else []
    found = list(dict.fromkeys(name for metrics in sources for name in metrics))
    if "skill" in found:  # of several targets: the table has room for one metric of each
        searched = list(result.best.validation) if result.best else []
        found = [
            name
            for name in found
            if name in ("skill", *searched) or name.endswith(("_accuracy", "_rmse"))
        ]
    return [name for name in found if name == main] + [name for name in found if name != main]


def _direction(result: RunResult, metric: str) -> str:
    if result.test is not None and result.test.metric == metric:
        return "higher" if result.test.direction == "max" else "lower"
    try:
        return "higher" if Objective.parse(metric).direction == "max" else "lower"
    except ArgumentError:
        return ""


def refit_rows(result: RunResult) -> list[list[str]]:
    """Return seed, best epoch, validation and test score, seconds of each refit, as text."""
    main = main_metric(result)
    return [
        [
            str(refit.seed),
            str(refit.best_epoch + 1),
            format_number(refit.validation.get(main)),
            format_number(refit.test.get(main)) if refit.test else MISSING,
        ]
        for refit in result.refits
    ]
