"""Predictions of a finished run, as arrays or as a table to read."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas
from numpy.typing import NDArray

from dlrecipes.data import Columns, Inputs
from dlrecipes.diagnose import check_new_inputs, check_unknown_values
from dlrecipes.errors import DataWarning, ExportError
from dlrecipes.export import NewExamples, given_examples, load_model, load_tested, read_examples
from dlrecipes.results import DataSpec
from dlrecipes.rundir import RunDirectory
from dlrecipes.targets import by_name, if_named, in_form, kind_of, split_predictions


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
    predictions = _predictions(directory, examples.x, spec)
    if not spec.joint or not isinstance(predictions, dict):
        return predictions
    columns = [predictions[target.name] for target in spec.targets]
    return np.stack([part[:, 1] if part.ndim == 2 else part for part in columns], axis=1)


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
    predictions = _predictions(directory, examples.x, spec)
    least = None if threshold is None else threshold.threshold
    table = _prediction_table(predictions, spec, least)
    # An answer keeps its name, a column of the same name gets another.
    key = examples.key.rename(columns={name: f"{name} (input)" for name in table.columns})
    return pandas.concat([key, table], axis=1).to_csv(index=False)


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


def _predictions(
    directory: RunDirectory, x: np.ndarray | Columns | Inputs, spec: DataSpec
) -> np.ndarray | dict[str, np.ndarray]:
    """Return predictions; what is unlike training is a warning to the caller of `Run`."""
    checkpoint = directory.path / directory.read_result().exported_model.checkpoint
    # Of an earlier version the preprocessing is in the model's own file.
    file = directory.preprocess if checkpoint.is_dir() else checkpoint
    unknown = None
    with suppress(ExportError):  # a layer of the user's own, which this process does not know
        unknown = check_unknown_values(load_model(file) if file.is_file() else None, x)
    if unknown is not None and unknown.severity == "warning":
        for line in (*unknown.verdict.splitlines(), unknown.advice):
            warnings.warn(line, DataWarning, stacklevel=4)
    statistics = directory.read_statistics()  # an earlier version kept none
    if statistics is not None:
        unlike = check_new_inputs(statistics, x, spec)
        said = "" if unknown is None else unknown.verdict
        # What was said of all these columns just now is not said in other words.
        if unlike.severity == "warning" and not all(repr(name) in said for name in unlike.evidence):
            warnings.warn(f"{unlike.verdict} {unlike.advice}", DataWarning, stacklevel=4)
    predictions = load_tested(checkpoint)(x)
    return in_form(split_predictions(predictions, spec), spec)


def _prediction_table(
    predictions: NDArray[np.floating] | Mapping[str, NDArray[np.floating]],
    spec: DataSpec,
    least: float | None = None,
) -> pandas.DataFrame:
    """Return the columns `label` and a probability a class, or `value`.

    Of several targets each has them under its name.

    Args:
        predictions: `(examples, classes)` probabilities or `(examples,)` values; of several
            targets `{target: either}`.
        spec: The data's description.
        least: The probability from which on an example is of class 1 of two; None for the label
            that is more probable.
    """
    named = by_name(predictions, spec)
    tables = [
        kind_of(target)
        .table(named[target.name], least)
        .add_prefix(if_named(target, f"{target.shown} "))
        for target in spec.targets
    ]
    return pandas.concat(tables, axis=1)
