"""The baselines of a run: fitted once, scored, and fitted again where another process opens."""

from __future__ import annotations

from collections.abc import Mapping

from dlrecipes.baselines import TREES, BaselineFit, FittedBaseline, fit_baselines
from dlrecipes.data import Development, Splits
from dlrecipes.metrics import score_predictions
from dlrecipes.results import BaselineResult, Finding, RunResult
from dlrecipes.rundir import RunDirectory

_LEAST_MORE = 10.0
_LEFT_OUT = "left_out_baseline"


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
    return {**choices, TREES: {}} if again else choices


def seconds_more(search: float) -> float:
    """Return how long the baselines may go on after a search: half of its time, or 10 s.

    Args:
        search: What the search took, in seconds.
    """
    return max(_LEAST_MORE, search / 2)


def score_baselines(
    baselines: Mapping[str, FittedBaseline], development: Development
) -> dict[str, BaselineResult]:
    """Return what baselines reach on the validation part."""
    validation, spec = development.validation, development.spec
    return {
        name: BaselineResult(
            score_predictions(validation.y, baseline(validation), spec),
            choice=dict(baseline.choice),
            note=baseline.note,
        )
        for name, baseline in baselines.items()
    }


def left_out(fit: BaselineFit) -> tuple[Finding, ...]:
    """Return a finding for every baseline that there is none of."""
    return tuple(
        Finding(
            _LEFT_OUT,
            f"There is no baseline of {name}: {why}.",
            advice="Give them more time: `baseline_seconds`, on the command line "
            "--baseline-seconds.",
        )
        for name, why in fit.left_out.items()
    )


def fitted_again(
    result: RunResult, splits: Splits
) -> tuple[dict[str, FittedBaseline], dict[str, BaselineResult]]:
    """Fit the baselines of a result as they were chosen, without a search.

    Args:
        result: The result; a baseline that is not in it is not wanted.
        splits: The data.

    Returns:
        The baselines, and the result's, which say where one has another validation score now.
    """
    development = splits.development()
    choices = {name: recorded.choice for name, recorded in result.baselines.items()}
    fitted = fit_baselines(development, seed=result.seed, choices=choices)
    again = score_baselines(
        {name: fitted[name] for name in result.baselines if name in fitted}, development
    )
    return fitted, {
        name: _compared(recorded, again[name]) if name in again else recorded
        for name, recorded in result.baselines.items()
    }


def _compared(recorded: BaselineResult, again: BaselineResult) -> BaselineResult:
    for metric, before in recorded.validation.items():
        now = again.validation[metric]
        if now != before and abs(now - before) > 1e-6 * abs(before):
            line = (
                f"fitted again for the test part, validation {metric} {now:.4g}, not {before:.4g}"
            )
            note = f"{recorded.note}; {line}" if recorded.note else line
            return BaselineResult(recorded.validation, recorded.test, recorded.choice, note)
    return recorded
