"""What a report is made of, read from a run directory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from dlrecipes.errors import RunError
from dlrecipes.report.saved_predictions import SavedPredictions, read_predictions
from dlrecipes.results import RunInfo, RunResult, StudyResult, parse_json

Result = TypeVar("Result")


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
    info = _read(RunInfo, directory / "run.json")
    study = directory / "study.json"
    return RunFiles(
        result=_read(RunResult, directory / "result.json"),
        info=info,
        study=_read(StudyResult, study) if study.exists() else None,
        predictions=read_predictions(directory / "test_predictions.npz", info.raw_spec),
    )


def _read(kind: type[Result], path: Path) -> Result:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise RunError(
            f"{path.parent} must hold {path.name}.",
            received="no such file",
            fix="Either this is no run directory, or the run ended before it was written: "
            "resume the run.",
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise RunError(
            f"{path} must be a readable text file.",
            received=str(error),
            fix="Restore the file, or resume the run to have it written again.",
        ) from error
    return parse_json(kind, text, source=str(path))
