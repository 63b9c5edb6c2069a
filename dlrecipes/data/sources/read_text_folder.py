"""A folder of text files with one subfolder a class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from dlrecipes.data.sources.list_class_folder import list_class_folder
from dlrecipes.data.sources.open_text import open_text
from dlrecipes.errors import DataError

TEXT, LABEL = "text", "label"


def read_text_folder(folder: str | Path, *, encoding: str = "utf-8") -> dict[str, pd.DataFrame]:
    """Return the texts of a folder and their classes, a table for each part.

    Every file in a class's folder is one text, whatever its name ends in; an empty one is a
    missing text. Files beside the classes' folders are passed over.

    Args:
        folder: The folder, with one subfolder a class, or with train, test and perhaps validation
            that have those (`list_class_folder`).
        encoding: The files' text encoding.

    Returns:
        `{part: table}` with the columns `text` and `label`; only `"train"` where the parts are to
        be drawn.

    Raises:
        DataError: If the folder is no such folder, or a file is no text in that encoding.
        ArgumentError: If there is no such encoding.

    Reference:
        Maas et al. 2011, Learning Word Vectors for Sentiment Analysis, whose reviews come so.
    """
    files = list_class_folder(folder, "texts", lost=lambda path: False)
    table = pd.DataFrame(
        {
            TEXT: [read_text_file(path, encoding) or None for path in files.paths],
            LABEL: files.labels,
        }
    )
    if files.parts is None:
        return {"train": table}
    return {
        str(part): table[files.parts == part].reset_index(drop=True)
        for part in dict.fromkeys(np.asarray(files.parts).tolist())
    }


def read_text_file(path: Path, encoding: str) -> str:
    """Return what a text file holds, without the space around it.

    Args:
        path: An existing file, perhaps empty.
        encoding: Its text encoding.

    Raises:
        DataError: If it is no text in that encoding.
        ArgumentError: If there is no such encoding.
    """
    if not path.stat().st_size:
        return ""
    try:
        with open_text(path, encoding) as text:
            return text.read().strip()
    except DataError as error:
        raise DataError("A text must be a text file.", received=str(error)) from error
