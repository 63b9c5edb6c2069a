"""Predictions of a finished run, as arrays or as a table to read."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import keras
import numpy as np

from dlrecipes.data import Columns, Inputs
from dlrecipes.diagnose import check_new_inputs, check_unknown_values
from dlrecipes.errors import DataWarning, ExportError
from dlrecipes.export import (
    NewExamples,
    given_examples,
    in_given_form,
    load_model,
    load_tested,
    predictions_as_csv,
    read_examples,
)
from dlrecipes.results import DataSpec, TrainingStatistics
from dlrecipes.rundir import RunDirectory


def predict_inputs(
    directory: RunDirectory,
    inputs: object,
    *,
    header: bool | None,
    encoding: str | None,
    separator: str | None,
    quoting: bool | None,
) -> np.ndarray | dict[str, np.ndarray]:
    """Return what the exported model of a run predicts, see `Run.predict`.

    Args:
        directory: The run directory.
        inputs: What `Run.predict` takes.
        header: Whether the first row of a table names its columns; None to tell it from the rows.
        encoding: A table's text encoding, where it is not the training table's.
        separator: Its separator, likewise.
        quoting: Whether quotes hold its cells together, likewise.
    """
    spec = directory.read_info().raw_spec
    examples = _examples(inputs, spec, header, encoding, separator, quoting)
    return in_given_form(_predictions(directory, examples.x), spec)


def predict_as_csv(
    directory: RunDirectory,
    inputs: object,
    *,
    header: bool | None,
    encoding: str | None,
    separator: str | None,
    quoting: bool | None,
) -> str:
    """Return the same as CSV, see `Run.predict_table`.

    Args:
        directory: As for `predict_inputs`.
        inputs: Likewise.
        header: Likewise.
        encoding: Likewise.
        separator: Likewise.
        quoting: Likewise.
    """
    spec, threshold = directory.read_info().raw_spec, directory.read_result().threshold
    examples = _examples(inputs, spec, header, encoding, separator, quoting).only_to_come()
    least = None if threshold is None else threshold.threshold
    return predictions_as_csv(_predictions(directory, examples.x), examples.key, spec, least)


def _examples(
    inputs: object,
    spec: DataSpec,
    header: bool | None,
    encoding: str | None,
    separator: str | None,
    quoting: bool | None,
) -> NewExamples:
    if not isinstance(inputs, str | Path):
        return given_examples(inputs, spec)
    return read_examples(
        inputs, spec, header=header, encoding=encoding, separator=separator, quoting=quoting
    )


def _predictions(directory: RunDirectory, x: np.ndarray | Columns | Inputs) -> np.ndarray:
    """Return predictions; what is unlike training is a warning to the caller of `Run`."""
    checkpoint = directory.path / directory.read_result().exported_model.checkpoint
    # Of an earlier version the preprocessing is in the model's own file.
    file = directory.preprocess if checkpoint.is_dir() else checkpoint
    spec, preprocess = directory.read_info().raw_spec, None
    with suppress(ExportError):  # a layer of the user's own, which this process does not know
        preprocess = load_model(file) if file.is_file() else None
    for line in unlike_training(preprocess, directory.read_statistics(), x, spec):
        warnings.warn(line, DataWarning, stacklevel=4)
    return load_tested(checkpoint)(x)


def unlike_training(
    preprocess: keras.Layer | None,
    statistics: TrainingStatistics | None,
    x: np.ndarray | Columns | Inputs,
    spec: DataSpec,
) -> Iterator[str]:
    """Yield a warning for each way in which inputs are unlike training.

    Args:
        preprocess: The run's adapted preprocessing, or a model with it; None where there is none.
        statistics: How the training inputs are distributed; None where an earlier version kept
            none.
        x: Raw inputs, `(examples, …)`, or the columns of a table.
        spec: The raw data's description.
    """
    unknown = check_unknown_values(preprocess, x)
    if unknown is not None and unknown.severity == "warning":
        yield from (*unknown.verdict.splitlines(), unknown.advice)
    if statistics is None:
        return
    unlike = check_new_inputs(statistics, x, spec)
    said = "" if unknown is None else unknown.verdict
    # What was said of all these columns just now is not said in other words.
    if unlike.severity == "warning" and not all(repr(name) in said for name in unlike.evidence):
        yield f"{unlike.verdict} {unlike.advice}"
