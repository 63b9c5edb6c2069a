"""Files that are written as a whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_STEM = 60
"""Characters of a name that are kept: with all of it, a long name would become too long."""


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Yield a path to write to, which takes the name of `path` once the block has ended well.

    A killed process leaves the old file. A block that raises, because the disk is full for example,
    leaves it too, and nothing of the new one.

    Args:
        path: The file.

    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "numbers.csv"
    >>> with written_whole(file) as partial:
    ...     _ = partial.write_text("1,2,3")
    >>> file.read_text()
    '1,2,3'
    """
    partial = path.with_name(f"{path.stem[:_STEM]}.partial{path.suffix}")
    try:
        yield partial
        with partial.open("rb") as file:
            os.fsync(file.fileno())  # some disks say only now that they are full
        partial.replace(path)
    except BaseException as error:
        # Writing does not say where, and of a partial file nobody knows.
        if isinstance(error, OSError) and error.filename in (None, str(partial)):
            error.filename = str(path)
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> None:
    """Write a text as a whole or not at all, in UTF-8.

    Args:
        path: The file.
        text: What it shall hold.
    """
    with written_whole(path) as partial:
        partial.write_text(text, encoding="utf-8")
