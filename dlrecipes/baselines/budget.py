"""How long baselines may take, and who hears what is being fitted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Value = TypeVar("Value")
SECONDS = 60.0
"""What all baselines of a run together may take, unless more is asked for."""
CHEAP_SHARE = 1 / 3
_SECONDS_SILENT = 3.0


class Budget:
    """The seconds that the cheap baselines may take; the first candidate of each is free.

    Args:
        seconds: How many.
        on_step: Is told what is being fitted, at the least every few seconds.
        clock: Returns the time in seconds.
    """

    def __init__(
        self,
        seconds: float = CHEAP_SHARE * SECONDS,
        on_step: Callable[[str], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock, self._on_step = clock, on_step
        self._ends = clock() + seconds
        self._share_ends = self._ends
        self._name, self._said = "", clock()

    def begin(self, name: str) -> None:
        """Begin a baseline: it may take half of what is left.

        Args:
            name: What it is called.
        """
        now = self._clock()
        self._share_ends = now + max(0.0, self._ends - now) / 2
        self._name = name
        self._say(name)

    def left(self) -> float:
        """Return the seconds that are left for this baseline, at least 0."""
        return max(0.0, self._share_ends - self._clock())

    def tick(self, part: str) -> None:
        """Say how far the baseline is, if nothing was said for a while.

        Args:
            part: For example `"2 of 5"`.
        """
        if self._clock() - self._said >= _SECONDS_SILENT:
            self._say(f"{self._name}, {part}")

    def spend_on(self, candidates: Sequence[Value]) -> Iterator[Value]:
        """Yield candidates as long as another is likely to be done in time, at least one.

        Args:
            candidates: The cheapest or the surest first.
        """
        slowest = 0.0
        for place, candidate in enumerate(candidates):
            if place and slowest > self.left():
                return
            self.tick(f"{place + 1} of {len(candidates)}")
            began = self._clock()
            yield candidate
            slowest = max(slowest, self._clock() - began)

    def _say(self, step: str) -> None:
        self._said = self._clock()
        if self._on_step is not None:
            self._on_step(step)
