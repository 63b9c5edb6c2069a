"""A folder with one subfolder a class."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.data.drawing.split_by_column import NAMES
from dlrecipes.data.sources.image_files import files_below, is_hidden
from dlrecipes.errors import DataError


@dataclass(frozen=True, eq=False)
class ClassFolder:
    """Files of classes, one an example, sorted.

    Args:
        paths: The files.
        ids: Their paths inside the folder, `(examples,)`.
        labels: The names of the classes' folders, `(examples,)`.
        parts: The part of each, as `split_by_column` knows them, `(examples,)`; None to draw them.
    """

    paths: tuple[Path, ...]
    ids: NDArray[Any]
    labels: NDArray[Any]
    parts: NDArray[Any] | None


def list_class_folder(
    folder: str | Path, what: str, *, lost: Callable[[Path], bool]
) -> ClassFolder:
    """Return the files of a folder with one subfolder a class.

    Subfolders that are called train, validation (or val) and test have the classes below them and
    are the parts. Folders inside a class's folder belong to the class; what file managers leave
    behind (`.DS_Store`, `Thumbs.db`) is passed over.

    Args:
        folder: The folder.
        what: What the files are, for messages: `"images"`.
        lost: Whether a file beside the classes' folders must not lie there.

    Raises:
        DataError: If it is no folder, has no subfolders, an empty one, lost files, or subfolders
            that are parts beside others that are not.
    """
    root = Path(folder)
    layout = f"A folder of {what} must have one subfolder a class"

    def subfolders(folder: Path) -> list[Path]:
        entries = [path for path in sorted(folder.iterdir()) if not is_hidden(path)]
        loose = [path for path in entries if not path.is_dir() and lost(path)]
        if loose:
            raise DataError(
                f"{layout}, and every file inside one.",
                received=f"{len(loose):,} outside, such as {loose[0]}",
                fix="Move them into their classes' folders, or write a table of paths and classes.",
            )
        folders = [path for path in entries if path.is_dir()]
        if not folders:
            raise DataError(f"{layout}.", received=f"{folder} without subfolders")
        return folders

    if not root.is_dir():
        raise DataError(f"A folder of {what} must exist.", received=str(root))
    tops = subfolders(root)
    parts = {top: NAMES.get(top.name.casefold()) for top in tops}
    among = {part for part in parts.values() if part is not None}
    if "train" in among and len(among) > 1 and None in parts.values():
        others = [top.name for top, part in parts.items() if part is None]
        raise DataError(
            "The subfolders must be parts (train, validation, test) or classes, not both.",
            received=f"{root} with {', '.join(map(repr, others[:5]))} beside train",
            fix="Move what is no part out of the folder.",
        )
    if None not in parts.values():
        if "train" not in among or among == {"train", "validation"}:
            raise DataError(
                "Parts must be train and test, or train, validation and test.",
                received=f"{root} with {', '.join(top.name for top in tops)}",
                fix="If the validation part is the one to be tested on, rename it to test: a "
                "validation part is then drawn.",
            )
        classes = [
            (one, parts[top] if len(among) > 1 else None) for top in tops for one in subfolders(top)
        ]
    else:
        classes = [(one, None) for one in tops]
    paths, labels, of_part = [], [], []
    for one, part in classes:
        inside = files_below(one)
        if not inside:
            raise DataError(
                f"Every class must have {what}.",
                received=f"{one}, an empty folder",
                fix=f"Delete the folder, or put its {what} into it.",
            )
        paths += inside
        labels += [unicodedata.normalize("NFC", one.name)] * len(inside)
        of_part += [part] * len(inside)
    return ClassFolder(
        paths=tuple(paths),
        ids=np.array([path.relative_to(root).as_posix() for path in paths]),
        labels=np.array(labels),
        parts=np.array(of_part) if any(of_part) else None,
    )
