"""The test part, which is sealed until the end, and the studies that run on it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, NoReturn
from weakref import WeakKeyDictionary

import numpy as np

from dlrecipes.data.parts.ledger import Ledger
from dlrecipes.data.parts.split import Split, fingerprint
from dlrecipes.errors import SealError
from dlrecipes.results import plural


class SealedSplit:
    """The test part: length and fingerprint are visible, the arrays come only from `open`.

    The arrays are copied and kept outside the object, so that no attribute, container or
    closure leads from it to them.

    Args:
        split: The examples to seal; None where there is no test part, and all examples are for
            training and validation: such a part has no examples and cannot be opened.

    Example:
        >>> import tempfile
        >>> sealed = dlr.data.load("iris").test
        >>> len(sealed)
        30
        >>> part = sealed.open("final score", ledger=f"{tempfile.mkdtemp()}/test_sets.jsonl")
        >>> part.x.shape, part.y[:5].tolist()
        ((30, 4), [1, 1, 0, 1, 1])
    """

    __slots__ = ("__weakref__", "_fingerprint", "_size")

    def __init__(self, split: Split | None) -> None:
        self._size = 0 if split is None else len(split)
        self._fingerprint = "" if split is None else fingerprint(split.x, split.y)
        _vault[self] = None if split is None else _copied(split)

    def __len__(self) -> int:
        return self._size

    def __repr__(self) -> str:
        if not self._size:
            return "SealedSplit(no test part)"
        return f"SealedSplit({plural(self._size, 'example')}, fingerprint {self._fingerprint})"

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that stand for the inputs and targets; empty without examples."""
        return self._fingerprint

    def open(
        self, reason: str, *, study: str = "", ledger: Ledger | str | Path | None = None
    ) -> Split:
        """Record the opening and return a copy of the test part, as raw as it was sealed.

        Args:
            reason: Why it is opened; not empty, it goes into the ledger.
            study: The study or run that opens it; empty if outside one.
            ledger: The ledger or its path; None for `runs/test_sets.jsonl`.

        Raises:
            SealError: If there is no test part, the reason is empty, or a study over the same data
                is running.
            RunError: If the ledger cannot be written; the test set stays closed.
        """
        sealed = _vault[self]
        if sealed is None:
            raise SealError(
                "Only a test part can be opened.",
                received="data that is all for training and validation",
                fix="Split a test part off before the search, or score on rows that it never saw.",
            )
        if not isinstance(reason, str) or not reason.strip():
            raise SealError(
                "The test set opens only for a reason.",
                received=f"reason={reason!r}",
                fix="Say why, for example reason='final score'.",
            )
        if _is_study_running(self._fingerprint):
            raise SealError(
                "The test set stays closed while a study runs.",
                received=f"reason={reason!r}",
                fix="Open it when the study has ended, and compare trials on the validation part.",
            )
        if ledger is None:
            ledger = Ledger()
        elif not isinstance(ledger, Ledger):
            ledger = Ledger(ledger)
        # The record comes first: an opening that cannot be counted does not happen.
        ledger.append(self._fingerprint, reason=reason, study=study)
        return _copied(sealed)

    def of_classes(self, kept: Sequence[int]) -> SealedSplit:
        """Return the examples of some classes, still sealed and under the whole's fingerprint.

        What opens them has seen a part of the whole: the ledger counts it as the whole's.

        Args:
            kept: Indices of the classes in this part; in the new one they are 0, 1, ….
        """
        whole = _vault[self]
        sealed = SealedSplit(None if whole is None else keep_classes(whole, kept))
        sealed._fingerprint = self._fingerprint
        return sealed

    def __copy__(self) -> SealedSplit:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> SealedSplit:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise SealError(
            "A sealed test set cannot be pickled.",
            fix="Hand `splits.development()` to other processes: it holds all that they may see.",
        )


# Here and not in the object, where any reference would be a way around the seal.
_vault: WeakKeyDictionary[SealedSplit, Split | None] = WeakKeyDictionary()


def _peek(sealed: SealedSplit) -> Split | None:
    """Return the sealed arrays, if any; for the audit, which returns row ids and counts only."""
    return _vault[sealed]


def keep_classes(part: Split, kept: Sequence[int]) -> Split:
    """Return the examples of some classes, whose indices become 0, 1, ….

    Args:
        part: Examples with one target, a class index each.
        kept: Indices of the classes.
    """
    picked = part.pick(np.flatnonzero(np.isin(part.y, kept)))
    places = np.zeros(max(kept) + 1, dtype=part.y.dtype)
    places[list(kept)] = np.arange(len(kept))
    return replace(picked, y=places[picked.y.astype(np.int64)])


def _copied(split: Split) -> Split:
    copies: dict[str, Any] = {}
    for entry in fields(split):
        array = getattr(split, entry.name)
        copies[entry.name] = None if array is None else array.copy()
    return Split(**copies)


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


def _is_study_running(fingerprint: str) -> bool:
    """Return whether a study over the data with this fingerprint is running."""
    with _lock:
        return fingerprint in _running
