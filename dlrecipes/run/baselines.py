"""The baselines of a run: fitted once, scored, and fitted again where another process opens."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from dlrecipes.baselines import BaselineFit, FittedBaseline, fit_baselines, tree_baselines
from dlrecipes.baselines.budget import SECONDS
from dlrecipes.baselines.gradient_boosting import LIBRARIES, lacking
from dlrecipes.data import Development, Splits
from dlrecipes.errors import RunError
from dlrecipes.results import BaselineResult, DataSpec, Finding, Objective, RunResult
from dlrecipes.run.thresholds import validated_baseline
from dlrecipes.rundir import RunDirectory
from dlrecipes.search import Listener

_LEAST_MORE = 10.0
_AGAIN = 3600.0
"""Seconds for what was chosen within a budget already: the choice bounds the work."""
_LEFT_OUT, _FAILED = "left_out_baseline", "failed_baseline"
_SCORES = {
    "accuracy": "accuracy",
    "acc": "accuracy",
    "binary_accuracy": "accuracy",
    "categorical_accuracy": "accuracy",
    "sparse_categorical_accuracy": "accuracy",
    "mae": "mae",
    "mean_absolute_error": "mae",
    "mse": "mse",
    "mean_squared_error": "mse",
    "rmse": "rmse",
    "root_mean_squared_error": "rmse",
}
"""What our scores call a metric of Keras."""


def recorded_choices(directory: RunDirectory) -> dict[str, Mapping[str, float]]:
    """Return what an earlier end of the run chose, so that nothing is searched twice.

    What was left out then is tried again.
    """
    if not directory.result_file.exists():
        return {}
    result = directory.read_result()
    again = any(finding.name == _LEFT_OUT for finding in result.findings)
    choices: dict[str, Mapping[str, float]] = {
        name: recorded.choice for name, recorded in result.baselines.items()
    }
    return {**dict.fromkeys(tree_baselines(), {}), **choices} if again else choices


def seconds_more(search: float) -> float:
    """Return how long the baselines may go on after a search: half of its time, or 10 s.

    Args:
        search: What the search took, in seconds.
    """
    return max(_LEAST_MORE, search / 2)


def score_baselines(
    baselines: Mapping[str, FittedBaseline], development: Development, goal: str = ""
) -> dict[str, BaselineResult]:
    """Return what baselines reach on the validation part.

    Args:
        baselines: By name.
        development: The data.
        goal: What thresholds are chosen for; empty for none.
    """
    validation, spec = development.validation, development.model_spec
    return {
        name: replace(
            validated_baseline(validation.y, baseline(validation), spec, goal),
            choice=dict(baseline.choice),
            note=baseline.note,
            exportable=bool(baseline.estimators),
        )
        for name, baseline in baselines.items()
    }


def chance_score(
    objective: Objective, baselines: dict[str, BaselineResult], spec: DataSpec
) -> float | None:
    """Return what the trivial baseline reaches in the objective; None where that is unknown.

    Args:
        objective: What the study optimises.
        baselines: The scored baselines.
        spec: The data.
    """
    trivial, name = next(iter(baselines.values())).validation, objective.metric
    # Of several targets metrics have the names that Keras gives them.
    return trivial.get(_SCORES.get(name, name))


def finish_baselines(
    fit: BaselineFit,
    scored: Mapping[str, BaselineResult],
    development: Development,
    goal: str,
    more: float,
    listener: Listener,
) -> tuple[dict[str, FittedBaseline], dict[str, BaselineResult]]:
    """Wait for what grows beside the search, a little longer if need be, and score it.

    Args:
        fit: The baselines under way.
        scored: Those that are scored already.
        development: The data.
        goal: As for `score_baselines`.
        more: Seconds that they may still take.
        listener: Hears of the wait, and of what was cut.

    Returns:
        All baselines, and what they reach on the validation part.
    """
    if fit.growing:
        listener.on_phase("baselines")
    fitted = fit.finish(more)
    for name, baseline in fitted.items():
        if baseline.note:
            listener.on_note(f"{name}: {baseline.note}")
    for finding in left_out(fit):
        if finding.name == _FAILED:
            listener.on_note(finding.verdict)
    missing = {name: baseline for name, baseline in fitted.items() if name not in scored}
    both = {**scored, **score_baselines(missing, development, goal)}
    return fitted, {name: both[name] for name in fitted}


def left_out(fit: BaselineFit) -> tuple[Finding, ...]:
    """Return a finding for every baseline that there is none of."""
    late = tuple(
        Finding(
            _LEFT_OUT,
            f"There is no baseline of {name}: {why}.",
            advice="Give them more time: `baseline_seconds`, on the command line "
            "--baseline-seconds.",
        )
        for name, why in fit.left_out.items()
    )
    failed = tuple(
        Finding(
            _FAILED,
            f"There is no baseline of {name}, which is installed and fails: {why}.",
            advice="If it fails on other data, too, repair it: pip install --upgrade "
            "--force-reinstall dlrecipes[trees].",
        )
        for name, why in fit.failed.items()
    )
    return late + failed


def fitted_again(
    result: RunResult, splits: Splits, goal: str = ""
) -> tuple[dict[str, FittedBaseline], dict[str, BaselineResult]]:
    """Fit the baselines of a result as they were chosen, without a search.

    Args:
        result: The result; a baseline that is not in it is not wanted.
        splits: The data.
        goal: What thresholds were chosen for; empty for none.

    Returns:
        The baselines, and the result's, which say where one has another validation score now.

    Raises:
        RunError: If the library of a baseline is not installed any more.
    """
    fitted = fit_as_chosen(result, splits, result.baselines)
    again = score_baselines(
        {name: fitted[name] for name in result.baselines if name in fitted},
        splits.development(),
        goal,
    )
    return fitted, {
        name: _compared(recorded, again[name]) if name in again else recorded
        for name, recorded in result.baselines.items()
    }


def fit_as_chosen(
    result: RunResult, splits: Splits, names: Collection[str]
) -> dict[str, FittedBaseline]:
    """Fit baselines of a result as they were chosen, and the cheap ones beside them.

    Args:
        result: The result.
        splits: The data.
        names: Which of its baselines; boosted trees that are not among them are not grown.

    Raises:
        RunError: If the library of one of them is not installed any more.
    """
    gone = {name: package for name, package in lacking().items() if name in names}
    if gone:
        raise RunError(
            "A run's baselines are fitted again by the libraries that it had.",
            received=f"{', '.join(gone)} without {', '.join(gone.values())}",
            fix=f"pip install {' '.join(gone.values())}",
        )
    choices = {
        name: recorded.choice
        for name, recorded in result.baselines.items()
        if name in names or name not in LIBRARIES
    }
    # Of a run of an earlier version nothing is known of what was chosen: that is searched again.
    known = all(choices[name] for name in LIBRARIES if name in choices)
    seconds = _AGAIN if known else SECONDS
    return fit_baselines(splits.development(), seed=result.seed, seconds=seconds, choices=choices)


def _compared(recorded: BaselineResult, again: BaselineResult) -> BaselineResult:
    line = other_score(recorded, again)
    if not line:
        return recorded
    line = f"fitted again for the test part, {line}"
    return replace(recorded, note=f"{recorded.note}; {line}" if recorded.note else line)


def other_score(recorded: BaselineResult, again: BaselineResult) -> str:
    """Return which validation score a baseline has now that it had not; empty if all are the same.

    Args:
        recorded: What it reached when the run ended.
        again: What it reaches fitted again.
    """
    for metric, before in recorded.validation.items():
        # A version that scored otherwise may have recorded what is not measured any more.
        now = again.validation.get(metric, before)
        if now != before and abs(now - before) > 1e-6 * abs(before):
            return f"validation {metric} {now:.4g}, not {before:.4g}"
    return ""
