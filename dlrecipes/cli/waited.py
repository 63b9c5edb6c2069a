"""How long a command took, as its user waited."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic

_SHORTEST = 0.5


def waited(began: float, phases: Sequence[tuple[str, float]]) -> str:
    """Return the time since a command began, with what each phase took of it.

    Args:
        began: When the command began, in seconds of `time.monotonic`.
        phases: The phases in their order, and when each began.
    """
    from dlrecipes.report.format import format_seconds

    ended = monotonic()
    starts = [("loading", began), *phases]
    ends = [*(when for _, when in phases), ended]
    parts = [
        f"{format_seconds(end - start)} {name}"
        for (name, start), end in zip(starts, ends, strict=True)
        if end - start >= _SHORTEST
    ]
    total = format_seconds(ended - began)
    return f"{total}: {', '.join(parts)}" if len(parts) > 1 else total
