"""What a report is made of, read from a run directory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dlrecipes.errors import RunError
from dlrecipes.report.saved_predictions import SavedPredictions, read_predictions
from dlrecipes.results import RunInfo, RunResult, StudyResult
from dlrecipes.rundir import RunDirectory


@dataclass(frozen=True)
class RunFiles:
    """A run's results; `study` and `predictions` are None until that phase is done."""

    result: RunResult
    info: RunInfo
    study: StudyResult | None
    predictions: SavedPredictions | None


def read_run(directory: Path) -> RunFiles:
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
    info = run.read_info()
    return RunFiles(
        result=run.read_result(),
        info=info,
        study=run.read_study() if run.study_file.exists() else None,
        predictions=read_predictions(run.predictions, info.raw_spec),
    )
