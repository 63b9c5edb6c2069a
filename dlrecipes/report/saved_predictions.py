"""The predictions that were saved when the test set was opened."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.data import Columns, Inputs, unpack_inputs
from dlrecipes.errors import ArgumentError, RunError
from dlrecipes.results import DataSpec
from dlrecipes.targets import kind_of, split_predictions, target_columns


@dataclass(frozen=True)
class SavedPredictions:
    """What the refits predicted for the test examples.

    Args:
        ids: The examples' ids, as text.
        x: Raw inputs of the first examples, perhaps not of all.
        y: Class indices or values, `(examples,)`; of several targets `(examples, targets)`.
        predictions: Probabilities `(refits, examples, classes)`, or values
            `(refits, examples)`, of several targets both side by side; the first refit is the
            exported one. Where the ensemble is exported, its own alone.
    """

    ids: tuple[str, ...]
    x: NDArray[Any] | Columns | Inputs
    y: NDArray[Any]
    predictions: NDArray[np.float64]


def read_predictions(
    path: Path, spec: DataSpec, *, ensemble: bool = False
) -> SavedPredictions | None:
    """Return the saved predictions; None if the file is not there.

    Args:
        path: The `.npz` file.
        spec: The data's description.
        ensemble: Whether the ensemble is what is exported.

    Raises:
        RunError: If the file is damaged or does not fit the data.
    """
    if not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
            ids, x, y = arrays["ids"], unpack_inputs(arrays), arrays["y"]
            found = arrays["ensemble"][np.newaxis] if ensemble else arrays["predictions"]
            predictions = np.asarray(found, dtype=np.float64)
    except (OSError, ValueError, LookupError, EOFError, zipfile.BadZipFile) as error:
        raise _damaged(path, str(error)) from error
    return _check(path, spec, ids, x, y, predictions)


def _check(
    path: Path,
    spec: DataSpec,
    ids: NDArray[Any],
    x: NDArray[Any] | Columns | Inputs,
    y: NDArray[Any],
    predictions: NDArray[np.float64],
) -> SavedPredictions:
    count = len(y)
    try:
        by_target = split_predictions(predictions, spec)
        fits = all(
            kind_of(target).fits(column, by_target[target.name])
            for target, column in target_columns(y, spec)
        )
    except ArgumentError:
        fits = False
    if not fits or len(predictions) == 0 or ids.shape != (count,) or len(x) > count:
        raise _damaged(
            path, f"ids {ids.shape}, x {x.shape}, y {y.shape}, predictions {predictions.shape}"
        )
    return SavedPredictions(tuple(str(name) for name in ids), x, y, predictions)


def _damaged(path: Path, received: str) -> RunError:
    return RunError(
        f"{path} must hold ids, x, y and predictions that fit the run's data.",
        received=received,
        fix="Move the file away to get a report without the pages that need it.",
    )
