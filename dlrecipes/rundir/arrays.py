"""Arrays in files, written as a whole or not at all."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.errors import RunError
from dlrecipes.results import written_whole


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]], *, compress: bool = True) -> None:
    """Write arrays by name, as a whole or not at all.

    Args:
        path: An `.npz` file.
        arrays: Numbers and texts; Python objects would need pickling.
        compress: Whether they are packed. Weights hardly become smaller by it, and take longer.
    """
    with written_whole(path) as partial:
        (np.savez_compressed if compress else np.savez)(partial, **arrays)  # type: ignore[arg-type]  # numpy's stub


def read_arrays(path: Path, what: str, *needed: str) -> dict[str, NDArray[Any]]:
    """Return what `write_arrays` wrote.

    Args:
        path: The file.
        what: What it holds, for the message: `"saved predictions"`.
        needed: Names that must be among the arrays.

    Raises:
        RunError: If the file is not there or damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as saved:
            arrays = dict(saved)
        missing = [name for name in needed if name not in arrays]
        if missing:
            raise LookupError(f"no {missing[0]!r} in it")
    except (OSError, ValueError, LookupError, EOFError, zipfile.BadZipFile) as error:
        raise RunError(f"The {what} must be whole.", received=f"{path} ({error})") from error
    return arrays
