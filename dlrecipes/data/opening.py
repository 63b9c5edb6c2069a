"""One line of the ledger."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Opening:
    """One opening of a test set.

    Args:
        time: When, ISO 8601 in UTC.
        fingerprint: `SealedSplit.fingerprint` of the test part.
        reason: Why it was opened.
        study: By which study or run; empty if opened outside one.

    Example:
        >>> fingerprint = dlr.data.load("iris").test.fingerprint
        >>> opening = dlr.data.Opening(
        ...     "2026-01-31T12:00:00+00:00", fingerprint, "final score", "iris-1"
        ... )
        >>> opening.reason, opening.study
        ('final score', 'iris-1')
    """

    time: str
    fingerprint: str
    reason: str
    study: str = ""
