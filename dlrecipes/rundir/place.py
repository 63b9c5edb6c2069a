"""Where a run can lie: the file system takes its names, and TensorFlow loads its SavedModel."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from dlrecipes.errors import RunError

# TensorFlow takes a path for a pattern when it loads weights: [1] is then the character 1, and a
# backslash stands for what follows it. Stars and question marks match themselves.
_PATTERN = frozenset("[\\")
_DEEPEST = "unchecked-saved_model/variables/variables_temp/part-00000-of-00001.data-00000-of-00001"


def check_place(path: Path, name: str = "") -> None:
    """Refuse a path from which TensorFlow could not load a SavedModel.

    It counts what the path says: inside a folder `my [project]`, the path `runs/a` is fine, as
    TensorFlow sees no more of it either.

    Args:
        path: A folder or file, there or not.
        name: What the path is called in the message: `"out="`.

    Raises:
        RunError: If a name on the path has an opening bracket or a backslash.
    """
    inside = path.relative_to(path.anchor) if path.anchor else path
    bad = [part for part in inside.parts if _PATTERN.intersection(part)]
    if bad:
        raise RunError(
            "A folder on the way to a SavedModel must have no [brackets] and no backslash in its "
            "name: TensorFlow takes them for a pattern and cannot load the model from there.",
            received=f"{name}{path}",
            fix=f"Choose another name for {bad[0]!r}"
            + ("." if inside.name == bad[0] else ", or go into it and name the path from there."),
        )


def check_names(path: Path) -> None:
    """Ask the file system whether it takes the names of a path and of what will lie below it.

    Args:
        path: A folder, there or not.

    Raises:
        OSError: If one is too long.
    """
    there = next(folder for folder in (path, *path.parents) if os.path.exists(folder))
    # Of a folder that is not there, only the folder above can say that its name is too long.
    asked = [there / name for name in path.relative_to(there).parts]
    for one in (*asked, path / _DEEPEST):
        with suppress(FileNotFoundError, NotADirectoryError):
            os.lstat(one)
