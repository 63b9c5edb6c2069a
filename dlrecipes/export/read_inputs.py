"""Inputs to predict, from CSV, npy, npz or image files."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.lib.format import read_array
from numpy.lib.npyio import NpzFile

from dlrecipes.data import Columns, Inputs, table_columns
from dlrecipes.data.parts.several_inputs import as_described, cast_input
from dlrecipes.data.series.table_lags import columns_in_file, with_lags_to_predict
from dlrecipes.data.sources import read_new_table
from dlrecipes.errors import DataError
from dlrecipes.export.input_files import find_image_inputs, find_text_inputs
from dlrecipes.export.new_examples import NewExamples
from dlrecipes.results import DataSpec, InputSpec, TableFile, plural


def read_inputs(
    path: str | Path,
    spec: DataSpec,
    *,
    header: bool | None = None,
    encoding: str | None = None,
    separator: str | None = None,
    quoting: bool | None = None,
) -> np.ndarray | Columns | Inputs:
    """Return the inputs of `read_examples`.

    Args:
        path: As for `read_examples`.
        spec: Likewise.
        header: Likewise.
        encoding: Likewise.
        separator: Likewise.
        quoting: Likewise.
    """
    return read_examples(
        path, spec, header=header, encoding=encoding, separator=separator, quoting=quoting
    ).x


def read_examples(
    path: str | Path,
    spec: DataSpec,
    *,
    header: bool | None = None,
    encoding: str | None = None,
    separator: str | None = None,
    quoting: bool | None = None,
) -> NewExamples:
    """Read raw inputs from a file.

    Args:
        path: A `.csv` with a row an example and a column a feature (with or without a header;
            images are flattened row by row), or an `.npz` with an array `x`, or with only one, or
            an `.npy`. For a model of several inputs an `.npz` with each under its name (of a list
            `input_0`, `input_1`, …). For a model of a table, any file that `read_table` reads, read
            as the training table was (`read_new_table`); columns that the model does not take are
            passed over, and lags are made of the earlier rows (`with_lags_to_predict`). For a model
            of images also an image file, a folder of them, or a table with a column of their
            paths, read as for training; for a model of one text also a folder of text files.
        spec: The raw data's spec.
        header: Whether the first row of a table names the columns; None to tell it from the rows.
        encoding: The text encoding of a table, where it is not the training table's.
        separator: Its separator, likewise.
        quoting: Whether quotes hold its cells together, likewise.

    Returns:
        Inputs `(examples, *spec.input_shape)` in the spec's dtype, or the columns of a table; and
        what tells the examples apart.

    Raises:
        DataError: If the file is missing, is of another kind, is not numeric, has NaN, or
            does not fit the model's input shape.
    """
    path = Path(path)
    images = find_image_inputs(path, spec)
    if images is not None:
        return NewExamples.named(images.read(spec), "image", images.names)
    texts = find_text_inputs(path, spec)
    if texts is not None:
        return NewExamples.named(texts.read(), "file", texts.names)
    if not path.is_file():
        texts_too = [column.kind for column in spec.columns] == ["text"]
        raise DataError(
            "The inputs' file must exist.",
            received=f"{path}",
            fix="In Python, a text itself goes into a list: predict([text])." if texts_too else "",
        )
    if spec.inputs:
        return NewExamples.named(check_inputs(_read_several(path), spec, source=str(path)))
    if spec.columns:
        table = read_new_table(
            path,
            columns_in_file(spec),
            _file(spec),
            header=header,
            encoding=encoding,
            separator=separator,
            quoting=quoting,
        )
        x = table_columns(with_lags_to_predict(table, spec), spec.columns, file=spec.file)
        return NewExamples.of_table(x, table, spec)
    if path.suffix == ".csv":
        values = _read_csv(path, header)
    elif path.suffix == ".npz":
        values = _read_npz(path)
    elif path.suffix == ".npy":
        values = _read_npy(path)
    else:
        images_too = ", or PNG, JPEG, BMP or GIF images" if spec.kind == "image" else ""
        raise DataError(
            f"Inputs must be a .csv, an .npy or an .npz file{images_too}.", received=f"{path}"
        )
    return NewExamples.named(check_inputs(values, spec, source=str(path)))


def _file(spec: DataSpec) -> TableFile | None:
    """Return how the training table was read; with lags, its targets are needed, too."""
    if spec.lags is None or spec.file is None:
        return spec.file
    return replace(spec.file, targets=())


def check_inputs(values: object, spec: DataSpec, *, source: str) -> np.ndarray | Columns | Inputs:
    """Return raw inputs in the shape and the dtype of the spec.

    Args:
        values: `(examples, *spec.input_shape)`, or flattened row by row; `Columns`; of several
            inputs `Inputs`, a dictionary or a list.
        spec: The raw data's spec.
        source: Where they come from, for the message.

    Raises:
        DataError: If they are no numbers, not finite in the spec's dtype, none at all, or do not
            fit the model's input shape.
    """
    if spec.inputs:
        return as_described(values, spec.inputs, is_list=spec.input_list, what=source)
    if spec.columns:
        return _checked_columns(values, spec, source)
    if not isinstance(values, np.ndarray):
        raise DataError("Inputs must be one array.", received=f"{source} with several or columns")
    if spec.input_dtype != "float32":
        return cast_input(values, InputSpec("x", spec.input_shape, spec.input_dtype))
    if values.dtype.kind not in "biuf":
        raise DataError("Inputs must be numbers.", received=f"{source} with dtype {values.dtype}")
    if values.ndim == 0 or len(values) == 0:
        raise DataError("The inputs must have at least one example.", received=source)
    size = int(np.prod(spec.input_shape))
    if values.shape[1:] != spec.input_shape and values[0].size != size:
        raise DataError(
            f"An example must have the shape {spec.input_shape}, {plural(size, 'value')} in all.",
            received=f"{source} with examples of shape {values.shape[1:]}",
            fix="Leave out the target and any row number.",
        )
    with np.errstate(over="ignore"):  # too large for the dtype becomes infinite: found below
        inputs = values.reshape(len(values), *spec.input_shape).astype(spec.input_dtype)
    finite = np.isfinite(inputs).reshape(len(inputs), -1).all(axis=1)
    if not finite.all():
        raise DataError(
            f"Inputs must be finite {spec.input_dtype} numbers.",
            received=f"{source} with NaN or infinity in row {int(np.argmin(finite))}",
        )
    return inputs


def _checked_columns(values: object, spec: DataSpec, source: str) -> Columns:
    wanted = {column.name: column.dtype for column in spec.columns}
    if not isinstance(values, Columns):
        raise DataError(
            "Inputs must be the named columns of a table.",
            received=f"{source}, {getattr(values, 'shape', type(values).__name__)}",
            fix=f"Give a DataFrame or a dictionary with {', '.join(wanted)}.",
        )
    dtypes = values.dtypes
    for name, dtype in wanted.items():
        if dtypes.get(name) != dtype:
            raise DataError(
                f"The column {name!r} must be there, as {dtype}.",
                received=f"{dtypes.get(name, 'no such column')} in {source}",
            )
    wide = [name for name, dtype in wanted.items() if dtype == "float64"]
    return Columns({name: values[name] for name in wanted}, wide=wide)


def _read_csv(path: Path, named: bool | None) -> np.ndarray:
    import pandas  # here, so that importing dlrecipes does not take it along

    try:
        if named is None:
            named = not _is_numeric(pandas.read_csv(path, header=None, nrows=1).to_numpy())
        frame = pandas.read_csv(path, header=0 if named else None)
        return np.asarray(frame.to_numpy(dtype=np.float64))
    except (ValueError, UnicodeDecodeError) as error:  # pandas' own errors are ValueErrors
        raise DataError(
            "Inputs in a CSV must be numbers, a row an example.",
            received=f"{path} ({str(error).splitlines()[0]})",
        ) from error


def _read_npz(path: Path) -> np.ndarray:
    with _npz(path) as arrays:
        names = list(arrays)
        name = "x" if "x" in names else names[0] if len(names) == 1 else None
        if name is None:
            raise DataError(
                "An .npz of inputs must have an array `x`, or only one array.",
                received=f"{path} with {', '.join(names) or 'none'}",
            )
        return np.asarray(arrays[name])


@contextmanager
def _npz(path: Path) -> Iterator[NpzFile]:
    try:
        with path.open("rb") as file, NpzFile(file, allow_pickle=False) as arrays:
            yield arrays
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(
            "The inputs' file must be a whole .npz of numeric arrays, or arrays of strings.",
            received=f"{path} ({error})",
        ) from error


def _read_several(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of an .npz by their names."""
    if path.suffix != ".npz":
        raise DataError(
            "Several inputs must be in an .npz file, each under its name.",
            received=f"{path}",
            fix="Write it with numpy.savez(path, image=…, meta=…); text as an array of strings.",
        )
    with _npz(path) as arrays:
        return {name: np.asarray(arrays[name]) for name in arrays}


def _read_npy(path: Path) -> np.ndarray:
    try:
        with path.open("rb") as file:
            return np.asarray(read_array(file, allow_pickle=False))
    except (ValueError, OSError, EOFError, MemoryError) as error:
        raise DataError(
            "The inputs' file must be a whole .npy of numbers.",
            received=f"{path} ({error})",
            fix="Write it with numpy.save(path, x); a list of objects is no array of numbers.",
        ) from error


def _is_numeric(row: np.ndarray) -> bool:
    try:
        row.astype(np.float64)
    except ValueError:
        return False
    return True
