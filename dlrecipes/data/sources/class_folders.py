"""Folders of images or of texts with one subfolder a class."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlrecipes.data.sources.image_files import ImageFiles, files_below, has_image_suffix, is_hidden
from dlrecipes.data.sources.open_text import open_text
from dlrecipes.data.splitting.split_by_column import is_unlabelled, may_be_part, part_named
from dlrecipes.errors import DataError

_NAMED = 5


@dataclass(frozen=True, eq=False)
class _ClassFolder:
    """Files of classes, one an example, sorted.

    Args:
        paths: The files.
        ids: Their paths inside the folder, `(examples,)`.
        labels: The names of the classes' folders, `(examples,)`.
        parts: The part of each, as `split_by_column` knows them, `(examples,)`; None to split them.
    """

    paths: tuple[Path, ...]
    ids: NDArray[Any]
    labels: NDArray[Any]
    parts: NDArray[Any] | None


def _list_class_folder(
    folder: str | Path, what: str, *, lost: Callable[[Path], bool]
) -> _ClassFolder:
    """Return the files of a folder with one subfolder a class, see `list_image_folder`.

    Args:
        folder: The folder.
        what: What the files are, for messages: `"images"`.
        lost: Whether a file beside the classes' folders must not lie there.

    Raises:
        DataError: If it is no folder, has no subfolders, an empty one, lost files, or subfolders
            that are parts beside others that are not, or parts without classes.
    """
    root = Path(folder)
    layout = f"A folder of {what} must have one subfolder a class"

    def checked_subfolders(folder: Path) -> list[Path]:
        loose = [path for path in _entries(folder) if not path.is_dir() and lost(path)]
        if loose:
            raise DataError(
                f"{layout}, and every file inside one.",
                received=f"{len(loose):,} outside, such as {loose[0]}",
                fix="Move them into their classes' folders, or write a table of paths and classes.",
            )
        folders = _subfolders(folder)
        if not folders:
            raise DataError(f"{layout}.", received=f"{folder} without subfolders")
        return folders

    if not root.is_dir():
        raise DataError(f"A folder of {what} must exist.", received=str(root))
    tops = checked_subfolders(root)
    parts = _parts(root, tops)
    if parts:
        to_split = len(set(parts.values())) == 1
        classes = [
            (folder, None if to_split else part)
            for top, part in parts.items()
            for folder in checked_subfolders(top)
        ]
    else:
        _refuse_inner_parts(tops)
        classes = [(folder, None) for folder in tops]
    unlabelled = [folder for folder, _ in classes if is_unlabelled(folder.name)]
    if unlabelled:
        raise DataError(
            f"All {what} in a folder of classes must have a class.",
            received=f"{unlabelled[0]}, which is none by its name",
            fix="Move that folder out.",
        )
    paths, labels, of_part = [], [], []
    for class_folder, part in classes:
        inside = files_below(class_folder)
        if not inside:
            raise DataError(
                f"Every class must have {what}.",
                received=f"{class_folder}, an empty folder",
                fix=f"Delete the folder, or put its {what} into it.",
            )
        paths += inside
        labels += [unicodedata.normalize("NFC", class_folder.name)] * len(inside)
        of_part += [part] * len(inside)
    return _ClassFolder(
        paths=tuple(paths),
        ids=np.array([path.relative_to(root).as_posix() for path in paths]),
        labels=np.array(labels),
        parts=np.array(of_part) if any(of_part) else None,
    )


def _parts(root: Path, tops: Sequence[Path]) -> dict[Path, str]:
    """Return the part that each folder is; nothing where they are classes.

    Names alone do not tell: a train is a vehicle, too. But one that holds folders, or that stands
    beside a test, is a part, and then all must be.
    """
    alike = [top for top in tops if may_be_part(top.name)]
    # Beside `invalid` or `prod` these are words like others.
    telling = [top for top in alike if top.name.casefold() not in ("valid", "dev")]
    if not telling and len(alike) < len(tops):
        return {}
    flat = [top for top in alike if not _subfolders(top)]
    if len(flat) == len(alike):
        trains = [top for top in alike if part_named(top.name) == "train"]
        if trains == alike or not telling:
            return {}
    if flat:
        others = [top for top in tops if top not in flat]
        raise DataError(
            "A part must have one subfolder a class, and a class must not be called like a part.",
            received=f"{root} with no such subfolders in {_shown(flat)}"
            + (f", beside {_shown(others)}" if others else ""),
            fix="Move out what has no classes: it can be predicted later. Or write a table of "
            "paths and classes. A class that is called so needs another name.",
        )
    if len(alike) < len(tops):
        none = [top for top in tops if top not in alike]
        raise DataError(
            "The subfolders must be parts (train, validation, test) or classes, not both.",
            received=f"{root} with {_shown(none)} beside {_shown(alike)}",
            fix="Call the parts so, and move what is none out of the folder. If all are classes, "
            f"give {_shown(alike)} another name.",
        )
    parts = {top: part for top in tops if (part := part_named(top.name))}
    strange = [top for top in tops if top not in parts]
    among = set(parts.values())
    if not strange and "train" in among and among != {"train", "validation"}:
        return parts
    if "train" not in among:
        fix = "Rename the folder that is to be trained on to train."
    elif "test" in among:
        fix = f"Rename {_shown(strange)} to validation, or move it out of the folder."
    else:
        left = strange or [top for top in tops if parts[top] == "validation"]
        fix = f"Rename the one to be tested on to test ({_shown(left)}). Where there is no "
        fix += "validation part, it is split off the training part."
    raise DataError(
        "Parts must be train and test, or train, validation and test.",
        received=f"{root} with {', '.join(top.name for top in tops)}",
        fix=fix,
    )


def _refuse_inner_parts(tops: Sequence[Path]) -> None:
    """Refuse parts below the classes: their files would be mixed and split anew."""
    for top in tops:
        inner = [folder for folder in _subfolders(top) if may_be_part(folder.name)]
        if len(inner) < 2 or all(part_named(folder.name) != "train" for folder in inner):
            continue
        if len(tops) == 1:
            raise DataError(
                "The parts must lie directly in the folder that is named.",
                received=f"{inner[0]} in a folder of its own",
                fix=f"Name that folder: data={top}.",
            )
        raise DataError(
            "Parts must be the outer folders, and classes the inner ones.",
            received=f"{', '.join(map(str, inner[:2]))}",
            fix=f"Make it {inner[0].name}/{top.name}, {inner[1].name}/{top.name}; or write a table "
            "of paths, classes and parts.",
        )


def _entries(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.iterdir()) if not is_hidden(path)]


def _subfolders(folder: Path) -> list[Path]:
    with os.scandir(folder) as entries:  # it tells folders from a million files without a look
        found = sorted(Path(entry) for entry in entries if entry.is_dir())
    return [path for path in found if not is_hidden(path)]


def _shown(folders: Sequence[Path]) -> str:
    more = ", …" if len(folders) > _NAMED else ""
    return ", ".join(repr(folder.name) for folder in folders[:_NAMED]) + more


def list_image_folder(folder: str | Path) -> ImageFiles:
    """Return the images of a folder with one subfolder a class.

    Subfolders that are called train, validation and test, or alike (`part_named`), and have the
    classes below them are the parts. A subfolder of such a name with files directly inside is a
    class, as `train` beside `bus` and `car`, unless others are called like parts too. Folders
    inside a class's folder belong to the class; what file managers leave behind (`.DS_Store`,
    `Thumbs.db`) is passed over.

    Args:
        folder: The folder. Images beside the classes' folders would have no class.

    Returns:
        The files, sorted, called after their paths inside the folder; labels are the names of
        the classes' folders.

    Raises:
        DataError: If the folder is no such folder.
    """
    found = _list_class_folder(folder, "images", lost=has_image_suffix)
    return ImageFiles(found.paths, found.ids, found.labels, parts=found.parts)


TEXT, LABEL = "text", "label"


def read_text_folder(folder: str | Path, *, encoding: str = "utf-8") -> dict[str, pd.DataFrame]:
    """Return the texts of a folder and their classes, a table for each part.

    Every file in a class's folder is one text, whatever its name ends in; an empty one is a
    missing text. Files beside the classes' folders are passed over.

    Args:
        folder: The folder, with one subfolder a class, or with train, test and perhaps validation
            that have those (`list_image_folder`).
        encoding: The files' text encoding.

    Returns:
        `{part: table}` with the columns `text` and `label`; only `"train"` where the parts are to
        be split off.

    Raises:
        DataError: If the folder is no such folder, or a file is no text in that encoding.
        ArgumentError: If there is no such encoding.

    Reference:
        Maas et al. 2011, Learning Word Vectors for Sentiment Analysis, whose reviews come so.
    """
    files = _list_class_folder(folder, "texts", lost=lambda path: False)
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
