"""Arrays in files, written as a whole or not at all, and the trials of a search for other tools."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas
from numpy.typing import NDArray

from dlrecipes.errors import RunError
from dlrecipes.results import StudyResult, write_text, written_whole


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]], *, compress: bool = True) -> None:
    """Write arrays by name, as a whole or not at all.

    Args:
        path: An `.npz` file.
        arrays: Numbers and texts; Python objects would need pickling.
        compress: Whether they are packed. Weights hardly become smaller by it, and take longer.
    """
    with written_whole(path) as partial:
        (np.savez_compressed if compress else np.savez)(partial, **arrays)  # type: ignore[arg-type]  # numpy's stub


def read_arrays(path: Path, what: str, *needed: str) -> dict[str, NDArray[Any]]:
    """Return what `write_arrays` wrote.

    Args:
        path: The file.
        what: What it holds, for the message: `"saved predictions"`.
        needed: Names that must be among the arrays.

    Raises:
        RunError: If the file is not there or damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as saved:
            arrays = dict(saved)
        missing = [name for name in needed if name not in arrays]
        if missing:
            raise LookupError(f"no {missing[0]!r} in it")
    except (OSError, ValueError, LookupError, EOFError, zipfile.BadZipFile) as error:
        raise RunError(f"The {what} must be whole.", received=f"{path} ({error})") from error
    return arrays


def write_tables(study: StudyResult, trials: Path, curves: Path) -> None:
    """Write a row a trial to one file, and each trial's curves to another.

    Args:
        study: The search; with a declared penalty there are columns for the objective itself and
            the gap.
        trials: A `.csv` file.
        curves: An `.npz` file with an array for each `stage/number/metric`.
    """
    penalised = any(trial.unpenalised is not None for trial in study.trials)
    rows = [
        {
            "stage": trial.stage,
            "number": trial.number,
            "status": trial.status,
            "score": trial.score,
            **({"unpenalised": trial.unpenalised, "gap": trial.gap} if penalised else {}),
            "best_epoch": trial.best_epoch,
            "epochs": trial.epochs,
            "seconds": round(trial.seconds, 3),
            # Empty is a hyperparameter that was not active.
            **{
                f"values.{name}": "None" if value is None else value
                for name, value in trial.values.items()
            },
            "parameters": trial.parameters,
            "policy": trial.policy,
            "engine": trial.engine,
            "seed": trial.seed,
            "error": trial.error,
        }
        for trial in study.trials
    ]
    write_text(trials, pandas.DataFrame(rows).to_csv(index=False))
    write_arrays(
        curves,
        {
            f"{trial.stage}/{trial.number}/{metric}": np.array(
                [np.nan if value is None else value for value in curve]
            )
            for trial in study.trials
            for metric, curve in trial.history.items()
        },
    )
