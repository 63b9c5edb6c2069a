"""Text files to predict."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dlrecipes.data import Columns
from dlrecipes.data.sources import files_below, read_text_file
from dlrecipes.errors import DataError
from dlrecipes.results import DataSpec


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
        if all(one is None for one in texts):
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
    if [one.kind for one in spec.columns] != ["text"]:
        raise DataError(
            "A folder of text files is for a model that takes one text and nothing else.",
            received=f"{source} for one of {', '.join(one.name for one in spec.columns)}",
            fix="Give a table with these columns.",
        )
    found = files_below(source)
    if not found:
        raise DataError("A folder of texts must hold some.", received=f"{source}")
    names = tuple(one.relative_to(source).as_posix() for one in found)
    encoding = "utf-8" if spec.file is None else spec.file.encoding
    return TextInputs(tuple(found), names, spec.columns[0].name, encoding)
