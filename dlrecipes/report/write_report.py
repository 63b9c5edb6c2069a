"""The report of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlrecipes.errors import RunError
from dlrecipes.metrics import metric_words
from dlrecipes.report.details import (
    best_values,
    calibration_rows,
    data_rows,
    ensemble_section,
    plan_rows,
    run_rows,
    stage_tables,
    time_rows,
)
from dlrecipes.report.error_sections import error_sections
from dlrecipes.report.finding_pictures import picture
from dlrecipes.report.format import breakable, format_number, format_time, with_code
from dlrecipes.report.gallery import LayerPicture, read_gallery
from dlrecipes.report.headline import finding_rows, headline, passed
from dlrecipes.report.hyperparameters import hyperparameter_panels, plot_hyperparameters
from dlrecipes.report.interactions import plot_interactions
from dlrecipes.report.learning_curves import curve_panels, plot_learning_curves
from dlrecipes.report.page import environment
from dlrecipes.report.parallel_coordinates import plot_parallel_coordinates
from dlrecipes.report.plot import Plot
from dlrecipes.report.saved_predictions import SavedPredictions, read_predictions
from dlrecipes.report.scores import main_metric, refit_rows, score_table
from dlrecipes.report.search_history import plot_search_history
from dlrecipes.report.subgroup_tables import subgroup_tables
from dlrecipes.report.trial_points import order_trials
from dlrecipes.results import RunInfo, RunResult, StudyResult, ThresholdGoal, plural, write_text
from dlrecipes.rundir import RunDirectory


def write_report(directory: Path) -> Path:
    """Write `report.html` into a run directory and return its path.

    The file holds everything it needs: it loads nothing from the network. It is written as a
    whole or not at all, and a run in any phase has one; later phases add their sections.

    Args:
        directory: A run directory with `run.json` and `result.json`, and `study.json` and
            `test_predictions.npz` as soon as those phases are done.

    Raises:
        RunError: If the directory is none, or if a file is missing or damaged.
    """
    directory = Path(directory)
    path = RunDirectory(directory).report
    write_text(path, _render(_read_run(directory)))
    return path


def _render(files: RunFiles) -> str:
    made = environment()
    made.filters.update(
        number=format_number,
        time=format_time,
        metric=metric_words,
        breakable=breakable,
        code=with_code,
        plural=plural,
    )
    template = made.get_template("template.html.j2")
    searched = _search(files)
    return template.render(
        result=files.result,
        info=files.info,
        **_summary(files),
        **_findings(files, searched["panels"]),
        **searched,
        gallery=files.gallery,
        errors=error_sections(files.predictions, files.info.raw_spec, files.result.threshold),
    )


def _summary(files: RunFiles) -> dict[str, Any]:
    result, info = files.result, files.info
    return {
        "headline": headline(result),
        "main_metric": main_metric(result),
        "scores": score_table(result),
        "chosen_for": ThresholdGoal.parse(result.threshold.goal).metric if result.threshold else "",
        "calibrations": calibration_rows(result),
        "ensemble": ensemble_section(result),
        "refits": refit_rows(result),
        "subgroups": subgroup_tables(result),
        "curves": plot_learning_curves(curve_panels(result, files.study)),
        "best_values": best_values(result),
        "data_rows": data_rows(result, info),
        "run_rows": run_rows(result, info),
        "plan_rows": plan_rows(info.plan_carried_out),
        "time_rows": time_rows(result),
    }


def _findings(files: RunFiles, panels: Sequence[Plot]) -> dict[str, Any]:
    """Return what matters, the next step first, each with its picture, and what does not."""
    by_name = {plot.title: plot for plot in panels}
    rows = finding_rows(files.result, files.study)
    rows = tuple(sorted(rows, key=lambda row: row.name != "next step"))
    shown = [row for row in rows if not passed(row)]
    return {
        "findings": [
            (row, picture(row.finding, at, files.result.fit, by_name))
            for at, row in enumerate(shown)
        ],
        "passed": [row for row in rows if passed(row)],
    }


def _search(files: RunFiles) -> dict[str, Any]:
    study = files.study
    empty = {
        "stages": None,
        "history": None,
        "score_label": "",
        "panels": (),
        "panels_left_out": 0,
        "parallel": None,
        "interactions": None,
    }
    if study is None or not study.trials:
        return empty
    trials = order_trials(study)
    panels = hyperparameter_panels(study, trials)
    plots = plot_hyperparameters(panels, trials)
    return {
        "stages": stage_tables(study.stages),
        "history": plot_search_history(trials),
        "score_label": trials.label,
        "panels": plots,
        "panels_left_out": len(panels) - len(plots),
        "parallel": plot_parallel_coordinates(study, trials),
        "interactions": plot_interactions(study.interactions),
    }


@dataclass(frozen=True)
class RunFiles:
    """A run's results; `study` and `predictions` are None until that phase is done."""

    result: RunResult
    info: RunInfo
    study: StudyResult | None
    predictions: SavedPredictions | None
    gallery: tuple[LayerPicture, ...] = ()


def _read_run(directory: Path) -> RunFiles:
    """Read a run directory.

    Args:
        directory: The run directory.

    Raises:
        RunError: If it does not exist, or if a file is missing or damaged.
    """
    if not directory.is_dir():
        raise RunError(
            "A report is written from a run directory.",
            received=f"{directory}, which is no directory",
            fix="Pass the directory that a run has written, for example runs/digits-…",
        )
    run = RunDirectory(directory)
    info, result = run.read_info(), run.read_result()
    averaged = result.exported == "ensemble"
    return RunFiles(
        result=result,
        info=info,
        study=run.read_study() if run.study_file.exists() else None,
        predictions=read_predictions(run.predictions, info.raw_spec, ensemble=averaged),
        gallery=read_gallery(run.feature_maps),
    )
