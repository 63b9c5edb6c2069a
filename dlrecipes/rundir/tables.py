"""The trials of a search as files for other tools."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas

from dlrecipes.results import StudyResult, write_text
from dlrecipes.rundir.arrays import write_arrays


def write_tables(study: StudyResult, trials: Path, curves: Path) -> None:
    """Write a row a trial to one file, and each trial's curves to another.

    Args:
        study: The search; with a declared penalty there are columns for the objective itself and
            the gap.
        trials: A `.csv` file.
        curves: An `.npz` file with an array for each `stage/number/metric`.
    """
    penalised = any(one.unpenalised is not None for one in study.trials)
    rows = [
        {
            "stage": one.stage,
            "number": one.number,
            "status": one.status,
            "score": one.score,
            **({"unpenalised": one.unpenalised, "gap": one.gap} if penalised else {}),
            "best_epoch": one.best_epoch,
            "epochs": one.epochs,
            "seconds": round(one.seconds, 3),
            **{f"values.{name}": value for name, value in one.values.items()},
            "parameters": one.parameters,
            "policy": one.policy,
            "engine": one.engine,
            "seed": one.seed,
            "error": one.error,
        }
        for one in study.trials
    ]
    write_text(trials, pandas.DataFrame(rows).to_csv(index=False))
    write_arrays(
        curves,
        {
            f"{one.stage}/{one.number}/{metric}": np.array(
                [np.nan if value is None else value for value in curve]
            )
            for one in study.trials
            for metric, curve in one.history.items()
        },
    )
