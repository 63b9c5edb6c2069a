"""Image files, what is known of each, and tables that list them."""

from __future__ import annotations

import os
import unicodedata
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlrecipes.data.sources.read_parquet import PARQUET_SUFFIXES
from dlrecipes.data.sources.read_table import read_cells, read_headed_table
from dlrecipes.data.sources.unlabelled_rows import leave_out_unlabelled
from dlrecipes.errors import DataError
from dlrecipes.results import Finding, TableFile, plural

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif")
# What file managers and archives leave behind.
_LEFT_BEHIND = ("thumbs.db", "desktop.ini", "__macosx")


@dataclass(frozen=True, eq=False)
class ImageFiles:
    """Image files, not yet read, one an example.

    Args:
        paths: The files.
        ids: What each is called in reports, `(examples,)`.
        labels: What is to be predicted of each, `(examples,)`.
        groups: The group (patient, camera, …) of each, `(examples,)`, or None.
        parts: The part of each, as `split_by_column` knows them, `(examples,)`; None to split them.
        target: The column that labels come from; None if from no table.
        noticed: Findings about rows that were left out.
    """

    paths: tuple[Path, ...]
    ids: NDArray[Any]
    labels: NDArray[Any]
    groups: NDArray[Any] | None = None
    parts: NDArray[Any] | None = None
    target: str | None = None
    noticed: tuple[Finding, ...] = ()


def is_hidden(path: Path) -> bool:
    """Return whether a file or folder was put there by a file manager, as `.DS_Store`."""
    return path.name.startswith(".") or path.name.casefold() in _LEFT_BEHIND


def files_below(folder: Path) -> list[Path]:
    """Return all files in a folder and its subfolders, sorted, without hidden ones."""
    found: list[Path] = []
    for path in sorted(folder.iterdir()):
        if is_hidden(path):
            continue
        if not path.is_dir():
            found.append(path)
        elif not path.is_symlink():  # which could lead back here
            found.extend(files_below(path))
    return found


def has_image_suffix(path: str | Path) -> bool:
    """Return whether a file's name ends as an image's does, in any case."""
    return Path(path).suffix.lower() in IMAGE_SUFFIXES


_NAMED = 5


def list_image_table(
    path: str | Path,
    target: str | None = None,
    *,
    image: str | None = None,
    group: str | None = None,
    part: str | None = None,
    file: TableFile | None = None,
) -> ImageFiles:
    """Return the files that a table names; rows without a label are left out and counted.

    Args:
        path: A CSV, TSV or Parquet file with a header.
        target: The column to be predicted; None for the last one that is nothing else.
        image: The column of files, relative to the table's folder and inside it; None for the
            only one whose cells all end in .png, .jpg, .jpeg, .bmp or .gif.
        group: Column of a patient, camera, … of which all rows stay in one part.
        part: Column that names the part of each row: train, validation or test.
        file: The table's separator and encoding; None for the usual.

    Raises:
        DataError: If the table cannot be read, if a column or a cell is missing, if there is not
            one column of files, or if a file lies outside the table's folder.
    """
    table = read_headed_table(path, file)
    for what, column in (("target", target), ("image", image), ("group", group), ("part", part)):
        if column is not None and column not in table:
            raise DataError(
                "A column must be named as it is in the table.",
                received=f"{what}={column!r}",
                fix=f"The columns are {', '.join(map(repr, table.columns[:30]))}.",
            )
    image = image or _only_image_column(table, {target, group, part})
    taken = {image, group, part}
    left = [str(column) for column in table.columns if column not in taken]
    if target is None and not left:
        raise DataError(
            "A table of images must have a column to be predicted.",
            received=f"{path} with {', '.join(map(repr, table.columns))}",
        )
    target = target or left[-1]
    noticed: tuple[Finding, ...] = ()
    if table[target].isna().any():
        blanks = read_cells(path, file, header=_header(path)).blanks
        table, noticed = leave_out_unlabelled(table, [target], blanks=blanks)
    return ImageFiles(
        paths=image_paths(table, image, Path(path).parent),
        ids=table[image].to_numpy(dtype=object).astype(str),
        labels=table[target].to_numpy(dtype=object),
        groups=None if group is None else table[group].to_numpy(dtype=object),
        parts=None if part is None else table[part].to_numpy(dtype=object),
        target=target,
        noticed=noticed,
    )


def _header(path: str | Path) -> bool | None:
    return None if Path(path).suffix.lower() in PARQUET_SUFFIXES else True


def find_image_columns(table: pd.DataFrame) -> list[str]:
    """Return the columns of text whose cells all end as the name of an image file does."""
    found = []
    for name in table.columns:
        known = table[name].dropna()
        is_text = pd.api.types.is_string_dtype(known) or pd.api.types.is_object_dtype(known)
        if len(known) and is_text and all(has_image_suffix(str(cell)) for cell in known):
            found.append(str(name))
    return found


def image_paths(table: pd.DataFrame, image: str, folder: Path) -> tuple[Path, ...]:
    """Return the files in a column.

    A path is taken as it stands. Where there is no such file, backslashes in it are folders, as a
    Windows program writes them, and letters with accents may be composed either way.

    Args:
        table: The table.
        image: The column.
        folder: The table's folder.

    Raises:
        DataError: If a cell is empty, or names a file outside the folder.
    """
    _check_filled(table[image], image)
    cells = [str(cell) for cell in table[image]]
    outside = [row for row, cell in enumerate(cells) if _leaves(cell)]
    if outside:
        shown = ", ".join(f"{cells[row]!r} in row {row}" for row in outside[:_NAMED])
        raise DataError(
            "Images must lie in the table's folder or below, with paths relative to it.",
            received=f"{len(outside):,} of {len(cells):,} elsewhere: {shown}",
            fix="Put the table beside its images and shorten the paths.",
        )
    return tuple(_file(folder, cell) for cell in cells)


def _file(folder: Path, cell: str) -> Path:
    as_it_stands = folder / cell
    if as_it_stands.is_file():
        return as_it_stands
    slashed = cell.replace("\\", "/")
    spellings = (cell, slashed, *(unicodedata.normalize(form, slashed) for form in ("NFC", "NFD")))
    files = (folder / spelling for spelling in spellings)
    return next((file for file in files if file.is_file()), as_it_stands)


def _leaves(cell: str) -> bool:
    if cell.startswith("/") or PureWindowsPath(cell).drive:
        return True
    return os.path.normpath(cell.replace("\\", "/")).split("/")[0] == ".."


def _only_image_column(table: pd.DataFrame, taken: set[str | None]) -> str:
    found = [column for column in find_image_columns(table) if column not in taken]
    if len(found) != 1:
        raise DataError(
            "A table of images must have one column of files, ending in .png, .jpg, .jpeg, .bmp "
            "or .gif.",
            received=f"{plural(len(found), 'such column')} among "
            f"{', '.join(map(repr, table.columns[:30]))}",
            fix="Say which: image=COLUMN.",
        )
    return found[0]


def _check_filled(values: pd.Series[Any], column: str) -> None:
    missing = values.isna().to_numpy()
    if missing.any():
        raise DataError(
            f"Every row must have a value in {column!r}.",
            received=f"{int(missing.sum()):,} of {plural(len(missing), 'cell')} missing, "
            f"first in row {int(np.argmax(missing))}",
            fix="Leave those rows out.",
        )
