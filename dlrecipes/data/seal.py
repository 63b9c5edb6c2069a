"""Which test sets must stay closed because a study over their data is running."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

_running: Counter[str] = Counter()
_lock = threading.Lock()


@contextmanager
def study_running(fingerprint: str) -> Iterator[None]:
    """Keep every sealed split with this fingerprint closed, in the whole process.

    The key is the data and not the object, so that sealing the same rows a second time opens
    no way around. Studies may be nested and may run in several threads: the seal lifts when
    the last one ends.

    Args:
        fingerprint: `SealedSplit.fingerprint` of the test part.

    Example:
        >>> sealed = dlr.data.load("iris").test
        >>> with dlr.data.study_running(sealed.fingerprint):
        ...     try:
        ...         sealed.open("a look")
        ...     except dlr.errors.SealError as error:
        ...         print(str(error).partition(".")[0])
        The test set stays closed while a study runs
    """
    with _lock:
        _running[fingerprint] += 1
    try:
        yield
    finally:
        with _lock:
            _running[fingerprint] -= 1
            if not _running[fingerprint]:
                del _running[fingerprint]


def is_study_running(fingerprint: str) -> bool:
    """Return whether a study over the data with this fingerprint is running."""
    with _lock:
        return fingerprint in _running
