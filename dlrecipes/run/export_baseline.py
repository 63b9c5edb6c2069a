"""A baseline of a run, taken out of it: as files that predict from raw rows."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from dlrecipes.baselines import FittedBaseline
from dlrecipes.baselines.gradient_boosting import LIBRARIES, TREES
from dlrecipes.checks import check_choice
from dlrecipes.data import Splits
from dlrecipes.errors import ArgumentError, ExportError, RunError
from dlrecipes.export import load_baseline, need_skops, save_baseline
from dlrecipes.export.baseline import BASELINE_FILE
from dlrecipes.metrics import better_low
from dlrecipes.report.scores import main_metric
from dlrecipes.results import RunResult
from dlrecipes.run.baselines import fit_as_chosen, other_score, score_baselines
from dlrecipes.run.strongest import STRONGER
from dlrecipes.rundir import RunDirectory

ARTIFACT = "baseline"
_TOLERANCE = 1e-6


def export_baseline(
    directory: RunDirectory,
    splits: Splits,
    fitted: Mapping[str, FittedBaseline] | None = None,
    *,
    name: str | None = None,
    path: Path | None = None,
) -> Path:
    """Write a baseline, load it again and compare what it predicts for the validation part.

    Args:
        directory: The run directory, locked.
        splits: The run's data.
        fitted: Its baselines; None to fit this one again as it was chosen.
        name: Which one; None for the strongest.
        path: The folder to write; None for `baseline` in the run directory.

    Returns:
        The folder.

    Raises:
        ArgumentError: If the name is no baseline's, or there is something else at the path.
        RunError: If the baseline cannot be fitted as it was.
        ExportError: If it is none that predicts outside of a run, or does not predict as it did.
    """
    result = directory.read_result()
    folder = _free(path or directory.baseline)
    known = list(result.baselines)
    if not known:
        raise RunError("A run must have a baseline to export.", received=str(directory.path))
    name = strongest_name(result) if name is None else check_choice("name", name, tuple(known))
    if name == TREES or name not in LIBRARIES:
        need_skops()
    if fitted is None:
        fitted = fit_as_chosen(result, splits, [name])
    if name not in fitted:
        raise RunError(
            "A baseline is exported as it was fitted.",
            received=f"{name!r}, which did not end in time",
            fix="Try again while the machine has nothing else to do.",
        )
    baseline = fitted[name]
    if not baseline.estimators:
        others = [
            one for one in known if one in LIBRARIES or (one in fitted and fitted[one].estimators)
        ]
        raise ExportError(
            "A baseline that is exported must be a model of raw rows, such as boosted trees or a "
            "linear model.",
            received=f"name={name!r}",
            fix=f"Another one: {', '.join(map(repr, others))}." if others else "",
        )
    data, recorded = splits.development(), result.baselines[name]
    again = score_baselines({name: baseline}, data, directory.read_info().settings.goal)
    unlike = other_score(recorded, again[name])
    if unlike:
        raise ExportError(
            "A baseline that is exported must be the one that the run has compared.",
            received=f"{name!r} with {unlike}",
            fix="Restore the data, and the versions of the libraries, as they were.",
        )
    # It takes its name, and the place of an older one, only once it is compared.
    unchecked = folder.with_name(f"unchecked-{folder.name}")
    shutil.rmtree(unchecked, ignore_errors=True)  # of a process that was killed
    unchecked.mkdir(parents=True)
    try:
        save_baseline(baseline, splits, unchecked, name=name, threshold=recorded.threshold)
        _compare(unchecked, splits, baseline)
        shutil.rmtree(folder, ignore_errors=True)
        unchecked.rename(folder)
    finally:
        shutil.rmtree(unchecked, ignore_errors=True)
    if path is None:
        artifacts = {**result.artifacts, ARTIFACT: folder.name}
        directory.write(replace(result, artifacts=artifacts))
    return folder


def strongest_name(result: RunResult) -> str:
    """Return the baseline that the verdict is about; while sealed, the strongest on validation.

    Args:
        result: A result with baselines.
    """
    if result.verdict is not None and result.verdict.baseline in result.baselines:
        return result.verdict.baseline
    for finding in result.findings:
        name = str(finding.evidence.get("baseline"))
        if finding.name == STRONGER and name in result.baselines:
            return name
    metric = main_metric(result)
    scores = {
        name: one.validation[metric]
        for name, one in result.baselines.items()
        if metric in one.validation
    }
    if not scores:
        return next(reversed(result.baselines))
    return (min if better_low(metric) else max)(scores, key=lambda name: scores[name])


def _free(folder: Path) -> Path:
    """Return a folder that may be written: a new or an empty one, or an earlier export."""
    if folder.is_dir() and any(folder.iterdir()) and not (folder / BASELINE_FILE).is_file():
        raise ArgumentError(
            "A baseline is exported into a folder of its own.",
            received=f"path={str(folder)!r}, which holds something else",
            fix=f"For example {folder / 'baseline'}.",
        )
    if folder.exists() and not folder.is_dir():
        raise ArgumentError(
            "A baseline is exported into a folder.", received=f"path={str(folder)!r}, a file"
        )
    return folder


def _compare(folder: Path, splits: Splits, baseline: FittedBaseline) -> None:
    """Compare what was written with what it was written of."""
    saved = load_baseline(folder).answers(splits.validation.x)
    before = baseline(splits.development().validation)
    scale = max(1.0, float(np.abs(before).max(initial=0.0)))
    same = saved.shape == before.shape
    largest = float(np.abs(saved - before).max(initial=0.0)) / scale if same else np.inf
    if not largest <= _TOLERANCE:
        raise ExportError(
            "An exported baseline must predict as the baseline did.",
            received=f"predictions off by {largest:.3g} (tolerance {_TOLERANCE:g}) for the "
            "validation part",
            fix="Nothing was written.",
        )
