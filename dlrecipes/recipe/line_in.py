"""Where in a user's file an error happened."""

from __future__ import annotations

import os
from pathlib import Path


def line_in(error: Exception, path: Path) -> int | None:
    """Return the last line of `path` that an exception passed through; None if it did not."""
    traceback, line = error.__traceback__, None
    file = os.path.abspath(path)  # as the import system names it
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == file:
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line
