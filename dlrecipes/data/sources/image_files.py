"""Image files and what is known of each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from dlrecipes.results import Finding

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
        parts: The part of each, as `split_by_column` knows them, `(examples,)`; None to draw them.
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
