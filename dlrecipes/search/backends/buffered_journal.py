"""A journal file whose lines are gathered in memory and written together."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import optuna
from optuna.storages.journal import BaseJournalBackend, JournalFileBackend

_SECONDS = 1.0


class BufferedJournal(BaseJournalBackend):
    """A file in the format of Optuna's `JournalFileBackend`, for one process that owns it.

    Optuna's own appends, waits for the disk and reads the line again for every value; with ten
    reports a trial that costs more than training a small network. Here lines wait in memory,
    from where they are also read, until `flush` writes them in one go. A line that comes more
    than a second after the last flush flushes by itself. One that comes earlier waits for the
    next line or flush, however long that takes, and a process that is killed meanwhile loses it.
    Lines are written in their order: what a dead process leaves is the beginning of what it did.

    Args:
        path: The file, made if it does not exist. Its lines are whole, and nobody else writes.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = JournalFileBackend(str(path))
        with path.open("rb") as file:
            self._written = sum(1 for _ in file)
            self._size = file.tell()
        self._waiting: list[dict[str, Any]] = []
        self._lines: list[str] = []
        self._flushed = time.monotonic()

    def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:
        """Yield the lines from a number on, written or not."""
        if log_number_from < self._written:
            yield from self._file.read_logs(log_number_from)
        yield from self._waiting[max(0, log_number_from - self._written) :]

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Take lines; they are on the disk after the next flush.

        Raises:
            OSError: If a second has passed since the last flush and the disk is full.
        """
        # Whatever cannot be written as JSON must fail here, and not in the middle of a flush.
        lines = [json.dumps(log, separators=(",", ":")) for log in logs]
        self._lines += lines
        self._waiting += logs
        if time.monotonic() - self._flushed > _SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write what is waiting and wait for the disk.

        Raises:
            OSError: If it cannot be written, or somebody else has written to the file. What is
                waiting goes on waiting, and the file stays as it was.
        """
        self._flushed = time.monotonic()
        if not self._lines:
            return
        # Unbuffered: closing the file would write what a buffer still holds behind the cut below.
        with self._path.open("ab", buffering=0) as file:
            # A trial's id is its place in the file: lines of others would shift all of ours.
            if file.tell() != self._size:
                raise OSError("another process has written to it")
            left = memoryview(("\n".join(self._lines) + "\n").encode())
            try:
                while left:  # a disk that is nearly full takes a part
                    left = left[file.write(left) :]
                os.fsync(file.fileno())
            except BaseException:
                # Part of a line before the next one would damage the journal for good.
                os.truncate(self._path, self._size)
                raise
            self._size = file.tell()
        self._written += len(self._lines)
        self._waiting.clear()
        self._lines.clear()


class BufferedStorage(optuna.storages.JournalStorage):
    """Optuna's journal storage over a `BufferedJournal`.

    Args:
        path: The journal file.
    """

    def __init__(self, path: Path) -> None:
        self._buffer = BufferedJournal(path)
        super().__init__(self._buffer)

    def flush(self) -> None:
        """Write what is waiting and wait for the disk.

        Raises:
            OSError: If it cannot be written.
        """
        self._buffer.flush()
