"""Inputs to predict that were made in Python: arrays, data frames, dictionaries, lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from dlrecipes.data import Columns, Inputs, table_columns
from dlrecipes.data.series.table_lags import lag_sources, with_lags_to_predict
from dlrecipes.data.sources import frame_cells
from dlrecipes.errors import DataError
from dlrecipes.export.new_examples import NewExamples
from dlrecipes.export.read_inputs import check_inputs
from dlrecipes.results import DataSpec, plural


def given_inputs(given: object, spec: DataSpec) -> np.ndarray | Columns | Inputs:
    """Return the inputs of `given_examples`.

    Args:
        given: As for `given_examples`.
        spec: Likewise.
    """
    return given_examples(given, spec).x


def given_examples(given: object, spec: DataSpec) -> NewExamples:
    """Return raw inputs that were made in Python as the model takes them.

    A table's cells are read by the rules of the training table, as those of a file are: the same
    data gives the same inputs, whichever way it comes.

    Args:
        given: For a model of a table a `pandas.DataFrame`, or what has `to_pandas()` (Polars,
            Arrow); a dictionary `{column: values}`, or `{column: value}` for one row; a list of
            such rows; `Columns`. Columns may stand in any order, and others among them. For a
            model of one column, such as one text, also its values: a list, an array or a
            `pandas.Series`. For a model of several inputs a dictionary by name or a list in their
            order. For all other models an array `(examples, *spec.input_shape)`, or a
            list of arrays of that shape.
        spec: The raw data's spec.

    Returns:
        Inputs `(examples, *spec.input_shape)` in the spec's dtype, or the columns of a table; and
        what tells the examples apart.

    Raises:
        DataError: If the inputs are of another kind, lack a column, have no rows, or hold a cell
            that cannot be read as training's were.
    """
    if spec.inputs:
        return NewExamples.named(check_inputs(given, spec, source="what was given"))
    if not spec.columns:
        return NewExamples.named(check_inputs(_as_array(given, spec), spec, source="an array"))
    if isinstance(given, Columns):
        return NewExamples.named(check_inputs(given, spec, source="a table"))
    frame = table = _as_frame(given, spec)
    names = [column.name for column in spec.columns]
    twice = [name for name in names if list(frame.columns).count(name) > 1]
    if twice:
        raise DataError(
            "Columns must have different names.", received=f"{twice[0]!r} more than once"
        )
    if not len(frame):
        raise DataError("The inputs must have at least one example.", received="no rows")
    if spec.lags is not None:
        known = [name for name in lag_sources(spec.lags) if name in frame]
        cells = frame_cells(frame[known], spec.file)
        frame = table = frame.assign(**{name: cells[name] for name in known})
        frame = with_lags_to_predict(frame, spec)
    if set(names) <= set(frame.columns):  # what the model does not take may be anything
        frame = frame_cells(frame[names], spec.file)
    x = table_columns(frame, spec.columns, file=spec.file)
    examples = NewExamples.of_table(x, table, spec)
    if isinstance(given, pd.DataFrame) and examples.key.columns.empty:
        # Nothing else tells the rows apart.
        examples = replace(examples, key=_index(given.index))
    return examples


def _index(index: pd.Index) -> pd.DataFrame:
    """Return an index as columns; one that only counts the rows as none."""
    if isinstance(index, pd.RangeIndex):
        return pd.DataFrame(index=range(len(index)))
    single = index.nlevels == 1
    names = [name or ("index" if single else f"index {at}") for at, name in enumerate(index.names)]
    return index.to_frame(index=False).set_axis(names, axis=1)


def _as_frame(given: object, spec: DataSpec) -> pd.DataFrame:
    if hasattr(given, "to_pandas"):  # Polars, Arrow
        given = given.to_pandas()
    if isinstance(given, pd.DataFrame):
        return given.set_axis([str(name).strip() for name in given.columns], axis=1)
    if isinstance(given, Mapping):
        return _of_columns(given)
    if isinstance(given, list | tuple) and given and isinstance(given[0], Mapping):
        return _of_rows(given)
    names = [column.name for column in spec.columns]
    if isinstance(given, pd.Series) and set(names) <= set(given.index):
        return _of_columns(dict(given))  # a row of a frame
    if len(names) == 1 and (isinstance(given, list | tuple) or hasattr(given, "__array__")):
        return pd.DataFrame({names[0]: _values(names[0], given)})
    raise _not_taken(given, spec)


def _of_columns(columns: Mapping[Any, object]) -> pd.DataFrame:
    """Return a table of `{column: values}`, or of one row `{column: value}`."""
    single = [name for name, values in columns.items() if pd.api.types.is_scalar(values)]
    if single and len(single) < len(columns):
        several = next(name for name in columns if name not in single)
        raise DataError(
            "A dictionary must hold the values of each column, or one row.",
            received=f"one value for {single[0]!r}, and several for {several!r}",
            fix="Give each column a list of as many values.",
        )
    named = {str(name).strip(): values for name, values in columns.items()}
    if single:
        named = {name: [value] for name, value in named.items()}
    # By their places: a series' index would move its values to other rows.
    values = {name: _values(name, column) for name, column in named.items()}
    lengths = {name: len(column) for name, column in values.items()}
    if len(set(lengths.values())) > 1:
        raise DataError(
            "All columns of a table must have the same length.",
            received=", ".join(
                f"{name}: {plural(length, 'row')}" for name, length in lengths.items()
            ),
        )
    return pd.DataFrame(values)


def _of_rows(rows: Sequence[object]) -> pd.DataFrame:
    """Return a table of `[{column: value}, …]`."""
    first = rows[0]
    for number, row in enumerate(rows):
        if not isinstance(row, Mapping) or not isinstance(first, Mapping) or set(row) != set(first):
            raise DataError(
                "Rows must be dictionaries with the same columns.",
                received=f"row {number} unlike row 0",
                fix="Write None for a value that is missing.",
            )
        for name, value in row.items():
            if not pd.api.types.is_scalar(value):
                raise DataError(
                    "A row must have one value a column.",
                    received=f"{type(value).__name__} for {name!r} in row {number}",
                )
    return _of_columns({name: [row[name] for row in rows] for name in first})  # type: ignore[index,attr-defined]  # they are dictionaries


def _values(name: str, given: object) -> pd.Series[Any]:
    """Return one column's values, numbered from 0."""
    if isinstance(given, pd.Series):
        return given.reset_index(drop=True)
    values: Any = given if isinstance(given, list | tuple) else np.asarray(given)
    if isinstance(values, np.ndarray) and values.ndim != 1:
        raise DataError(
            "A column must have one value an example.", received=f"{name} of shape {values.shape}"
        )
    return pd.Series(list(values) if isinstance(values, tuple) else values)


def _as_array(given: object, spec: DataSpec) -> np.ndarray:
    if isinstance(given, Columns):
        raise DataError("Inputs must be one array.", received="named columns")
    if isinstance(given, Mapping):
        raise _not_taken(given, spec)
    if not isinstance(given, list | tuple) and not hasattr(given, "__array__"):
        raise _not_taken(given, spec)
    try:
        return np.asarray(given)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"All examples must have the shape {spec.input_shape}.",
            received=f"{type(given).__name__} of different ones",
        ) from error


def _not_taken(given: object, spec: DataSpec) -> DataError:
    if not spec.columns:
        taken = f"a file, or an array or list of examples of shape {spec.input_shape}"
    else:
        taken = "a file, a DataFrame, a dictionary {column: values} or a list of rows"
        if len(spec.columns) == 1:
            taken += ", or a list of values"
    shape = getattr(given, "shape", None)
    return DataError(
        f"This model takes {taken}.",
        received=type(given).__name__ + ("" if shape is None else f" of shape {tuple(shape)}"),
        fix=f"Its columns are {', '.join(repr(column.name) for column in spec.columns[:30])}."
        if spec.columns
        else "",
    )
