"""How long the phases of a run take, by the clock, and what they spend it on."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from dlrecipes.results import RunResult, TimeSpent
from dlrecipes.results.time_spent import add_seconds
from dlrecipes.training.engines import count_cores
from dlrecipes.training.stopwatch import Stopwatch


class PhaseClock:
    """Measures the phases of a run, one after the other: each moment is one phase's.

    Args:
        clock: Returns seconds.
        processors: Returns seconds of processor time of this process.

    Attributes:
        watch: Measures the parts of a phase, while it is entered.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        processors: Callable[[], float] = time.process_time,
    ) -> None:
        self.watch = Stopwatch()
        self._clock, self._processors = clock, processors
        self._phase = ""
        self._began = 0.0, 0.0
        self._seconds: dict[str, float] = {}
        self._spent: dict[str, TimeSpent] = {}

    def begin(self, phase: str) -> None:
        """Begin a phase, or another part of it, and end the one before."""
        self.end()
        self._phase, self._began = phase, (self._clock(), self._processors())

    def end(self) -> None:
        """End the phase."""
        if not self._phase:
            return
        began, worked = self._began
        lasted = self._clock() - began
        unused = count_cores() * lasted - (self._processors() - worked)
        spent = replace(self.watch.take(), idle=max(0.0, unused))
        self._seconds = add_seconds(self._seconds, {self._phase: lasted})
        self._spent[self._phase] = spent.plus(self._spent.get(self._phase, TimeSpent()))
        self._phase = ""

    def written(self, result: RunResult) -> RunResult:
        """Return a result with the times so far; those of other phases that it has stay.

        Args:
            result: A result.
        """
        return replace(
            result,
            seconds=with_total({**result.seconds, **self._seconds}),
            time_spent={**result.time_spent, **self._spent},
        )


def with_total(seconds: dict[str, float]) -> dict[str, float]:
    """Return the phases' seconds with their sum as `total`.

    Args:
        seconds: By phase.
    """
    parts = {name: value for name, value in seconds.items() if name != "total"}
    return {**parts, "total": sum(parts.values())}


def with_times_before(result: RunResult, before: RunResult) -> RunResult:
    """Return a result with its times added to those of an earlier process of the run.

    Args:
        result: The result.
        before: The result of the earlier process.
    """
    names = dict.fromkeys((*before.time_spent, *result.time_spent))
    none = TimeSpent()
    return replace(
        result,
        seconds=with_total(add_seconds(before.seconds, result.seconds)),
        time_spent={
            name: before.time_spent.get(name, none).plus(result.time_spent.get(name, none))
            for name in names
        },
    )
