"""The log of a run."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dlrecipes.errors import DlrecipesError


class _QuietHandler(logging.FileHandler):
    """Writes what it can: where the disk is full, what matters more says so."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  (logging's name)
        """Leave the line out; by itself, logging would print a traceback for every one."""

    def close(self) -> None:
        with suppress(OSError):  # of what it could not write, too
            super().close()


@contextmanager
def run_log(path: Path) -> Iterator[logging.Logger]:
    """Return a logger that appends to a file, for the length of a block.

    What ends the block is its last line, with the traceback of an error that no user is told of.

    Args:
        path: The log file of a run.
    """
    log = logging.getLogger(f"dlrecipes.run.{path.parent.name}")
    handler = _QuietHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log.setLevel(logging.INFO)
    log.propagate = False
    log.addHandler(handler)
    try:
        yield log
    except BaseException as error:
        told = isinstance(error, DlrecipesError) or not isinstance(error, Exception)
        log.error("ended by %s: %s", type(error).__name__, error, exc_info=not told)
        raise
    finally:
        log.removeHandler(handler)
        handler.close()
