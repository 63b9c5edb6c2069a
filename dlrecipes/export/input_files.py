"""Image and text files to predict."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from dlrecipes.data import Columns
from dlrecipes.data.sources import (
    files_below,
    find_image_columns,
    has_image_suffix,
    image_paths,
    read_headed_table,
    read_images,
    read_text_file,
)
from dlrecipes.errors import DataError
from dlrecipes.results import DataSpec, TableFile

_TABLES = (".csv", ".tsv", ".tab", ".txt", ".data", ".gz", ".zip", ".parquet", ".pq")


@dataclass(frozen=True)
class ImageInputs:
    """Image files to predict.

    Args:
        paths: The files.
        names: What each is called in the answer: its path in the folder or in the table.
    """

    paths: tuple[Path, ...]
    names: tuple[str, ...]

    def read(self, spec: DataSpec) -> np.ndarray:
        """Return the images as training read them, `(examples, height, width, channels)`.

        Args:
            spec: The raw data's spec.

        Raises:
            DataError: If the model was trained on other values than image files have, or if a
                file is no whole image.
        """
        height, width, channels = spec.input_shape
        if not spec.eight_bit or channels not in (1, 3):
            raise DataError(
                "Image files are for a model that was trained on image files, or on arrays of "
                "bytes from 0 to 255 with 1 or 3 channels.",
                received=f"{self.paths[0]} for a model trained on arrays of other values",
                fix="Give an .npz whose values are as in training.",
            )
        images = read_images(self.paths, size=(height, width), channels=channels)
        return images.pixels.astype(spec.input_dtype, copy=False)


def find_image_inputs(path: str | Path, spec: DataSpec) -> ImageInputs | None:
    """Return the image files that a path stands for; None if it stands for none.

    Args:
        path: An image file, a folder of images (those in subfolders too), or a table with a
            column of paths relative to its folder, in the separator and the encoding of the
            training table.
        spec: The raw data's spec.

    Raises:
        DataError: If a folder holds no files, or if a table is in another encoding or names files
            outside its folder.
    """
    source = Path(path)
    if spec.kind != "image":
        return None
    if source.is_dir():
        found = files_below(source)
        if not found:
            raise DataError("A folder of images must hold some.", received=f"{source}")
        return ImageInputs(
            tuple(found), tuple(path.relative_to(source).as_posix() for path in found)
        )
    if not source.is_file():
        return None
    if has_image_suffix(source):
        return ImageInputs((source,), (source.name,))
    if source.suffix.lower() not in _TABLES:
        return None
    table = _read_table(source, spec.file or TableFile())
    if table is None:
        return None
    columns = find_image_columns(table)
    if not columns:
        return None
    if len(columns) > 1:
        raise DataError(
            "A table of images to predict must have one column of files.",
            received=f"{len(columns)} in {source}: {', '.join(map(repr, columns))}",
        )
    names = tuple(str(cell) for cell in table[columns[0]])
    return ImageInputs(image_paths(table, columns[0], source.parent), names)


def _read_table(source: Path, file: TableFile) -> pd.DataFrame | None:
    """Return the table of a file; None for what is none, such as one of pixels."""
    try:
        return read_headed_table(source, file)
    except DataError as error:
        if not isinstance(error.__cause__, UnicodeError):
            return None  # it gets a message of its own
        raise DataError(
            "A table of images to predict must be in the encoding of the training table, "
            f"{file.encoding!r}.",
            received=f"{source} in another",
            fix="Save it in that encoding.",
        ) from error


@dataclass(frozen=True)
class TextInputs:
    """Text files to predict.

    Args:
        paths: The files.
        names: What each is called in the answer: its path in the folder.
        column: The model's only input.
        encoding: Their text encoding, that of the training files.
    """

    paths: tuple[Path, ...]
    names: tuple[str, ...]
    column: str
    encoding: str

    def read(self) -> Columns:
        """Return the texts, one a file; an empty one is a missing text.

        Raises:
            DataError: If a file is no text in the encoding.
        """
        texts = [read_text_file(path, self.encoding) or None for path in self.paths]
        if all(text is None for text in texts):
            raise DataError("Texts to predict must hold some words.", received="empty files only")
        return Columns({self.column: texts})


def find_text_inputs(path: str | Path, spec: DataSpec) -> TextInputs | None:
    """Return the text files of a folder, those in subfolders too; None if the path is no folder.

    Args:
        path: A folder.
        spec: The raw data's spec.

    Raises:
        DataError: If the folder holds no files, or the model takes other inputs than one text.
    """
    source = Path(path)
    if not spec.columns or not source.is_dir():
        return None
    if [column.kind for column in spec.columns] != ["text"]:
        raise DataError(
            "A folder of text files is for a model that takes one text and nothing else.",
            received=f"{source} for one of {', '.join(one.name for one in spec.columns)}",
            fix="Give a table with these columns.",
        )
    found = files_below(source)
    if not found:
        raise DataError("A folder of texts must hold some.", received=f"{source}")
    names = tuple(path.relative_to(source).as_posix() for path in found)
    encoding = "utf-8" if spec.file is None else spec.file.encoding
    return TextInputs(tuple(found), names, spec.columns[0].name, encoding)
