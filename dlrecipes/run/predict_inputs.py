"""Predictions of a finished run, as arrays or as a table to read."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas

from dlrecipes.diagnose import check_unknown_values
from dlrecipes.errors import DataWarning
from dlrecipes.export import (
    find_image_inputs,
    find_text_inputs,
    given_inputs,
    load_model,
    predict,
    read_inputs,
)
from dlrecipes.metrics import split_predictions
from dlrecipes.results import DataSpec
from dlrecipes.run.prediction_table import prediction_table
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
    """Return what the first refit of a run predicts, see `Run.predict`.

    Args:
        directory: The run directory.
        inputs: What `Run.predict` takes.
        header: Whether the first row of a table names its columns; None to tell it from the rows.
        encoding: A table's text encoding, where it is not the training table's.
        separator: Its separator, likewise.
        quoting: Whether quotes hold its cells together, likewise.
    """
    spec = directory.read_info().raw_spec
    if not isinstance(inputs, str | Path):
        x = given_inputs(inputs, spec)
    else:
        x = read_inputs(
            inputs,
            spec,
            header=header,
            encoding=encoding,
            separator=separator,
            quoting=quoting,
        )
    model = load_model(directory.path / directory.read_result().refits[0].checkpoint)
    unknown = check_unknown_values(model, x)
    if unknown is not None and unknown.severity == "warning":
        for line in (*unknown.verdict.splitlines(), unknown.advice):
            warnings.warn(line, DataWarning, stacklevel=3)
    predictions = predict(model, x)
    return split_predictions(predictions, spec) if spec.targets else predictions


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
    predictions = predict_inputs(
        directory,
        inputs,
        header=header,
        encoding=encoding,
        separator=separator,
        quoting=quoting,
    )
    spec, threshold = directory.read_info().raw_spec, directory.read_result().threshold
    least = None if threshold is None else threshold.threshold
    return _named(prediction_table(predictions, spec, least), inputs, spec).to_csv(index=False)


def _named(table: pandas.DataFrame, inputs: object, spec: DataSpec) -> pandas.DataFrame:
    """Return predictions with the files that they are of."""
    if isinstance(inputs, str | Path):
        images = find_image_inputs(inputs, spec)
        if images is not None:
            table.insert(0, "image", images.names)
        texts = find_text_inputs(inputs, spec)
        if texts is not None:
            table.insert(0, "file", texts.names)
    return table
